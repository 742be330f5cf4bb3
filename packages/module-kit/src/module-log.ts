/** Lines on the console, for a module that was given no log of the service's own. */
import { hearRejection } from "./own-failures.ts";
import type { ModuleLog } from "./ports.ts";

/** From the most lines to the fewest. */
export type LogLevel = "debug" | "info" | "warning" | "error";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** One line of JSON a message, from a level on: debug for metrics, info for applied, warning for suggested or rejected, error for failed. */
export function consoleLog(from: LogLevel = "info"): ModuleLog {
  const write =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>>): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(from)) return;
      const line = lineOf({ level, message, ...fields });
      if (level === "error") console.error(line);
      else if (level === "warning") console.warn(line);
      else console.info(line);
    };
  return { debug: write("debug"), info: write("info"), warning: write("warning"), error: write("error") };
}

/** A log of somebody's own, without what it throws: a line that is lost is no reason for work or learning to fail. */
export function safeLog(log: ModuleLog): ModuleLog {
  const write =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>>): void => {
      try {
        hearRejection(log[level](message, fields), () => {});
      } catch {
        // nowhere to tell it
      }
    };
  return { debug: write("debug"), info: write("info"), warning: write("warning"), error: write("error") };
}

function lineOf(fields: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(fields, (_, value: unknown) =>
      value instanceof Error ? value.message : typeof value === "bigint" ? String(value) : value,
    );
  } catch {
    return JSON.stringify({ level: fields["level"], message: fields["message"] }); // a ring, or a getter that throws
  }
}
