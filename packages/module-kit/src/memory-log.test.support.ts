/** A log that keeps its lines, for tests. */
import type { ModuleLog } from "./ports.ts";

/** A line that was written. */
export interface LogLine {
  readonly level: keyof ModuleLog;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log, and its lines so far. */
export function memoryLog(): { log: ModuleLog; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof ModuleLog) => (message: string, fields: Readonly<Record<string, unknown>>) =>
    void lines.push({ level, message, fields });
  return { log: { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") }, lines };
}
