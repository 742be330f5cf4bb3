/**
 * What the views read: answers by their path, asked for again at the interval that the view names, for as long as a view reads them.
 *
 * What was received stays when the controller is gone, and says of itself how old it is. Nothing is asked while the page is hidden.
 */
import { type Failure, request } from "./api.ts";

/** What is known of one path. */
export interface Reading<Value> {
  /** The last answer; undefined until the first. */
  readonly value: Value | undefined;
  /** Milliseconds since 1970: when the last answer came. */
  readonly receivedAt: number | undefined;
  /** Why the last request gave no answer; undefined where it gave one. */
  readonly failure: Failure | undefined;
}

interface Entry extends Reading<unknown> {
  readonly value: unknown;
  readonly intervalMilliseconds: number;
  readonly dueAt: number;
  readonly isAsking: boolean;
  /** Counts the refreshes that a person's act asked for: an answer from before it is out of date. */
  readonly generation: number;
}

/** A failed request is made again after this time, or after its interval where that is shorter. */
const RETRY_MILLISECONDS = 5_000;
/** What changes all the time is not asked for more often. */
const SHORTEST_MILLISECONDS = 1_000;
/** The most requests at a time; browsers have six connections to a server. */
const MOST_REQUESTS = 4;
/** What no view reads any more is forgotten after this time. */
const KEEP_MILLISECONDS = 300_000;

/** Answers by path. */
export interface Feed {
  /** What is known of a path; asks for it from now on. */
  read<Value>(path: string, intervalSeconds: number): Reading<Value>;
  /** Begins a drawing: what is not read until the next one is not asked for any more. */
  begin(): void;
  /** Asks for everything that is shown at once. */
  refresh(): void;
  /** Asks at once for what is shown of these paths; not more often than once in a second, however often it is called. */
  hasten(isMeant: (path: string) => boolean): void;
  /** Forgets everything: another person may look now. */
  clear(): void;
  /** Since when the controller has not answered, in milliseconds since 1970; undefined while it does. */
  unreachableSince(): number | undefined;
  /** The failure that asks for another token, where there is one. */
  tokenProblem(): Failure | undefined;
  /** Goes on where something is due. Call it now and then. */
  tick(): void;
}

/** @param onChange called after every answer that says something new */
export function createFeed(onChange: () => void): Feed {
  const entries = new Map<string, Entry>();
  let read = new Map<string, number>();
  let generation = 0;
  let unreachableSince: number | undefined;
  let tokenProblem: Failure | undefined;

  const change = (path: string, entry: Entry, changes: Partial<Entry>): void => {
    entries.set(path, { ...entry, ...changes });
  };

  const ask = async (path: string, entry: Entry): Promise<void> => {
    const asked = generation;
    change(path, entry, { isAsking: true, generation: asked });
    const answer = await request<unknown>(path);
    const before = entries.get(path);
    if (before === undefined) return; // cleared meanwhile
    if (asked !== generation) {
      change(path, before, { isAsking: false, dueAt: 0 });
      tick();
      return;
    }
    const now = Date.now();
    if (answer.kind === "value") {
      unreachableSince = undefined;
      change(path, before, {
        value: answer.value,
        receivedAt: now,
        failure: undefined,
        isAsking: false,
        dueAt: now + before.intervalMilliseconds,
      });
    } else {
      const { failure } = answer;
      if (failure.kind === "unreachable") unreachableSince ??= before.receivedAt ?? now;
      else unreachableSince = undefined;
      if (failure.kind === "problem" && failure.status === 401) tokenProblem = failure;
      const wait = Math.min(RETRY_MILLISECONDS, before.intervalMilliseconds);
      change(path, before, { failure, isAsking: false, dueAt: now + wait });
    }
    onChange();
    tick();
  };

  const tick = (): void => {
    const now = Date.now();
    for (const [path, { receivedAt = now, isAsking }] of entries)
      if (!read.has(path) && !isAsking && now - receivedAt > KEEP_MILLISECONDS) entries.delete(path);
    if (document.hidden || tokenProblem !== undefined) return;
    const asking = [...entries.values()].filter(({ isAsking }) => isAsking).length;
    const due = [...entries].filter(([path, { isAsking, dueAt }]) => read.has(path) && !isAsking && dueAt <= now);
    for (const [path, entry] of due.slice(0, Math.max(0, MOST_REQUESTS - asking))) void ask(path, entry);
  };

  return {
    read<Value>(path: string, intervalSeconds: number) {
      const intervalMilliseconds = intervalSeconds * 1000;
      read.set(path, intervalMilliseconds);
      const nothing = { value: undefined, receivedAt: undefined, failure: undefined };
      const entry = entries.get(path) ?? { ...nothing, dueAt: 0, isAsking: false, generation, intervalMilliseconds };
      const isSooner = entry.intervalMilliseconds > intervalMilliseconds;
      const dueAt = isSooner ? Math.min(entry.dueAt, Date.now() + intervalMilliseconds) : entry.dueAt;
      entries.set(path, { ...entry, intervalMilliseconds, dueAt });
      return entry as Reading<Value>;
    },
    begin() {
      read = new Map();
    },
    refresh() {
      generation += 1;
      for (const [path, entry] of entries) change(path, entry, { dueAt: 0 });
      tick();
    },
    hasten(isMeant) {
      const now = Date.now();
      for (const [path, entry] of entries) {
        if (!isMeant(path)) continue;
        const soonest = (entry.receivedAt ?? 0) + SHORTEST_MILLISECONDS;
        change(path, entry, { dueAt: Math.min(entry.dueAt, Math.max(now, soonest)) });
      }
      tick();
    },
    clear() {
      generation += 1;
      entries.clear();
      tokenProblem = undefined;
      unreachableSince = undefined;
    },
    unreachableSince: () => unreachableSince,
    tokenProblem: () => tokenProblem,
    tick,
  };
}
