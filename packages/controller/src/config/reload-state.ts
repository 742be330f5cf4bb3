/** Whether the configuration in force is the one that stands in the file, as far as it was tried. */
import { ConfigError } from "./config-error.ts";

/** How the last reload went. */
export interface ReloadState {
  /** Milliseconds since 1970: since when the configuration in force is in force. */
  readonly inForceSince: number;
  /** Milliseconds since 1970: when another one was refused since; absent where none was. */
  readonly refusedAt?: number;
  /** Why, one line each; empty where none was refused. */
  readonly problems: readonly string[];
}

/** The state after a reload that succeeded. */
export function reloaded(now: number): ReloadState {
  return { inForceSince: now, problems: [] };
}

/** The state after a reload that was refused: the old configuration goes on. */
export function refused(before: ReloadState, error: unknown, now: number): ReloadState {
  return { inForceSince: before.inForceSince, refusedAt: now, problems: reloadProblems(error) };
}

/** What was wrong, one line each; no line shows a secret. */
export function reloadProblems(error: unknown): string[] {
  if (error instanceof ConfigError)
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  return [error instanceof Error ? error.message : String(error)];
}
