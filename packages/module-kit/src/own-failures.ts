/** Failures that are not the work's own: told to the log, and kept away from the work. */
import type { ModuleLog } from "./ports.ts";

/** Keeps failures of metrics and learning away from the work. */
export interface OwnFailures {
  /** What the function gives, or undefined where it throws. Where it gives a promise, that may be rejected without harm. */
  guard<Result>(what: string, run: () => Result): Result | undefined;
  /** The same, of a function that may answer later. */
  guardAsync<Result>(what: string, run: () => Result | Promise<Result>): Promise<Result | undefined>;
}

/** After so many lines of one kind only every hundredth is written: a store that is gone fails at every call. */
const LINES_OF_A_KIND = 5;
const THEN_EVERY = 100;

/** @param log Gets a line for each failure, the usual ones thinned out. It throws nothing: `safeLog` made it. */
export function createOwnFailures(component: string, log: ModuleLog): OwnFailures {
  const told = new Map<string, number>();
  const tell = (what: string, error: unknown): void => {
    const times = (told.get(what) ?? 0) + 1;
    told.set(what, times);
    if (times > LINES_OF_A_KIND && times % THEN_EVERY !== 0) return;
    log.error(`${what} failed; the work goes on`, { component, problem: messageOf(error), times, error });
  };
  return {
    guard(what, run) {
      try {
        const result = run();
        hearRejection(result, (error) => tell(what, error));
        return result;
      } catch (error) {
        tell(what, error);
        return undefined;
      }
    },
    async guardAsync(what, run) {
      try {
        return await run();
      } catch (error) {
        tell(what, error);
        return undefined;
      }
    },
  };
}

/** Types let a function that answers later stand for one that answers nothing; a rejection that nobody hears ends the process. */
export function hearRejection(result: unknown, hear: (error: unknown) => void): void {
  if (typeof result === "object" && result !== null && "then" in result) Promise.resolve(result).then(undefined, hear);
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something that cannot be shown";
  }
}
