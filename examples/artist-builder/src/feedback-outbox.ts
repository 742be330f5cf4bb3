/**
 * Feedback on its way to the controller, each item exactly once: what is put in is on disk, is sent again until the controller has
 * acknowledged it, and counts there once by its key, however often it was sent.
 */
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { FeedbackItem, FeedbackReceipt } from "@trimtab/conventions";
import { openStoreFile } from "./store-file.ts";

/** Sends a batch. @throws where it is not known that the controller has it. */
export type SendFeedback = (items: readonly FeedbackItem[]) => Promise<FeedbackReceipt>;

/** What became of what was put in, as far back as the outbox remembers. */
export interface OutboxCounts {
  /** What people said, each once. */
  readonly events: number;
  /** The items that were made of it. */
  readonly items: number;
  readonly acknowledged: number;
  /** The controller says what is wrong with them: they will not be sent again. */
  readonly refused: number;
  /** What people said again; nothing was made of it a second time. */
  readonly repeatedEvents: number;
  /** Batches whose sending failed; they were sent again. */
  readonly failedBatches: number;
}

/** So many events are remembered, to know those that come again; what is older and acknowledged goes. */
const KEPT_EVENTS = 500_000;
const BATCH_ITEMS = 200;
const IDLE_MILLISECONDS = 200;
const LONGEST_WAIT_MILLISECONDS = 3000;

/** An outbox in a file. One process has it at a time. */
export class FeedbackOutbox {
  readonly #database: DatabaseSync;
  readonly #keptEvents: number;
  #repeatedEvents = 0;
  #failedBatches = 0;

  /** @param path Of the file; `:memory:` for a test. @param keptEvents How many events are remembered. */
  constructor(path: string, keptEvents: number = KEPT_EVENTS) {
    this.#keptEvents = keptEvents;
    this.#database = openStoreFile(
      path,
      `
      CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS items (place INTEGER PRIMARY KEY, event INTEGER NOT NULL, id TEXT UNIQUE NOT NULL, item TEXT NOT NULL, state TEXT NOT NULL) STRICT;
      CREATE INDEX IF NOT EXISTS of_event ON items (event);
      CREATE INDEX IF NOT EXISTS waiting ON items (place) WHERE state = 'waiting';
    `,
    );
  }

  /**
   * Keeps what an event says, in one transaction. An event that comes again is known by its id, and says nothing new: what is made of
   * it may depend on the moment, so it is made only once.
   *
   * @returns Whether the event is new.
   */
  add(event: string, makeItems: () => readonly FeedbackItem[]): boolean {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const { changes, lastInsertRowid } = this.#database
        .prepare("INSERT OR IGNORE INTO events (id) VALUES (?)")
        .run(event);
      const isNew = changes === 1;
      if (isNew) {
        const insert = this.#database.prepare("INSERT INTO items (event, id, item, state) VALUES (?, ?, ?, 'waiting')");
        for (const item of makeItems()) insert.run(lastInsertRowid, item.id, JSON.stringify(item));
        const last = Number(lastInsertRowid) - this.#keptEvents;
        this.#database.prepare("DELETE FROM events WHERE place <= ?").run(last);
        this.#database.prepare("DELETE FROM items WHERE event <= ? AND state <> 'waiting'").run(last);
      } else this.#repeatedEvents++;
      this.#database.exec("COMMIT");
      return isNew;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  counts(): OutboxCounts {
    const count = (query: string): number => Number(this.#database.prepare(query).get()?.["n"] ?? 0);
    const inState = (state: string): number => count(`SELECT count(*) AS n FROM items WHERE state = '${state}'`);
    return {
      events: count("SELECT count(*) AS n FROM events"),
      items: count("SELECT count(*) AS n FROM items"),
      acknowledged: inState("acknowledged"),
      refused: inState("refused"),
      repeatedEvents: this.#repeatedEvents,
      failedBatches: this.#failedBatches,
    };
  }

  /** Sends the oldest batch that waits. @returns How many items it had. @throws what `send` throws; the batch waits on. */
  async sendOnce(send: SendFeedback): Promise<number> {
    const rows = this.#database
      .prepare("SELECT place, item FROM items WHERE state = 'waiting' ORDER BY place LIMIT ?")
      .all(BATCH_ITEMS);
    if (rows.length === 0) return 0;
    const { refused } = await send(rows.map((row) => JSON.parse(String(row["item"])) as FeedbackItem));
    const problems = new Map(refused.map(({ index, problems: texts }) => [index, texts]));
    const mark = this.#database.prepare("UPDATE items SET state = ? WHERE place = ?");
    this.#database.exec("BEGIN IMMEDIATE");
    for (const [index, row] of rows.entries())
      mark.run(problems.has(index) ? "refused" : "acknowledged", Number(row["place"]));
    this.#database.exec("COMMIT");
    for (const [index, texts] of problems)
      console.error(`feedback is refused: ${String(rows[index]?.["item"])}: ${texts.join("; ")}`);
    return rows.length;
  }

  /** Sends whatever comes, until the signal. What fails is sent again, after a longer and longer time. */
  async keepSending(send: SendFeedback, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let sent = 0;
      try {
        sent = await this.sendOnce(send);
        failures = 0;
      } catch (error) {
        failures++;
        this.#failedBatches++;
        if (failures === 1) console.error(`feedback waits: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (sent === BATCH_ITEMS) continue;
      const patience = failures === 0 ? IDLE_MILLISECONDS : Math.min(LONGEST_WAIT_MILLISECONDS, 200 * 2 ** failures);
      await wait(patience, undefined, { signal }).catch(() => {});
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** To a controller over HTTP. @param url Its address. @param token With the role `feedback`, where the controller has tokens. */
export function feedbackSender(url: string, token?: string): SendFeedback {
  return async (items) => {
    const response = await fetch(`${url}/v1/feedback`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ items }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok)
      throw new Error(
        `POST /v1/feedback was answered with ${response.status}: ${(await response.text()).slice(0, 300)}`,
      );
    return (await response.json()) as FeedbackReceipt;
  };
}
