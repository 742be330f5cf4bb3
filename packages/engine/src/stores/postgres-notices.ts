/** What other processes have committed, told by PostgreSQL itself: LISTEN, on a connection of its own. */
import pg from "pg";

/** What is listened to. */
export interface NoticeOptions {
  readonly url: string;
  readonly channels: readonly string[];
  /** Called for each notice; and for every channel after a gap, because notices of a gap are lost. It must not throw. */
  readonly onNotice: (channel: string) => void;
  /** From 0 (included) to 1 (excluded); for the jitter of new tries. */
  readonly random?: () => number;
}

/** A listener that runs. */
export interface NoticeListener {
  close(): Promise<void>;
}

/** The channels of `migrations/0010-leases.ts`, by table, and the one of a leader that steps down. */
export const CHANNELS = {
  operations: "trimtab_operations",
  acts: "trimtab_acts",
  feedback: "trimtab_feedback",
  leases: "trimtab_leases",
} as const;

const SHORTEST_WAIT_MILLISECONDS = 200;
const LONGEST_WAIT_MILLISECONDS = 5_000;

/** A connection that was cut without a word is noticed by a question without an answer. */
const QUESTION_EVERY_MILLISECONDS = 5_000;
const ANSWER_MILLISECONDS = 5_000;

/**
 * Begins to listen, and goes on through broken connections until it is closed. Notices are a short cut: whoever needs what they
 * tell looks by itself now and then.
 */
export function listenToPostgres({ url, channels, onNotice, random = Math.random }: NoticeOptions): NoticeListener {
  let client: pg.Client | undefined;
  let isClosed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const again = (): void => {
    clearTimeout(timer);
    const broken = client;
    client = undefined;
    broken?.end().catch(() => {});
    if (isClosed) return;
    const wait = Math.min(LONGEST_WAIT_MILLISECONDS, SHORTEST_WAIT_MILLISECONDS * 2 ** failures) * (0.5 + random() / 2);
    failures += 1;
    timer = setTimeout(() => void connect(), wait);
    timer.unref();
  };
  const connect = async (): Promise<void> => {
    const mine = new pg.Client({
      connectionString: url,
      application_name: "trimtab notices",
      connectionTimeoutMillis: ANSWER_MILLISECONDS,
      query_timeout: ANSWER_MILLISECONDS,
      keepAlive: true,
    });
    client = mine;
    const lost = (): void => {
      if (client === mine) again();
    };
    mine.on("error", lost);
    mine.on("end", lost);
    mine.on("notification", ({ channel }) => onNotice(channel));
    try {
      await mine.connect();
      for (const channel of channels) await mine.query(`listen ${channel}`);
      failures = 0;
      for (const channel of channels) onNotice(channel);
      watch(mine, lost);
    } catch {
      lost(); // the store itself tells that the server is away
    }
  };
  const watch = (mine: pg.Client, lost: () => void): void => {
    timer = setTimeout(() => {
      if (client !== mine) return;
      mine.query("select 1").then(() => watch(mine, lost), lost);
    }, QUESTION_EVERY_MILLISECONDS);
    timer.unref();
  };

  void connect();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
