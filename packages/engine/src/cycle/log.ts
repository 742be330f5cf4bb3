/** The port to whatever writes log lines: a message that stays the same, and fields that say which and how much. */

/** Facts of a log line, by name. Whoever writes the line makes JSON of them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log. No method throws. */
export interface Log {
  /** False where nobody reads debug lines: those that cost much to make are then not made. */
  readonly writesDebug?: boolean;
  debug(message: string, fields: LogFields): void;
  info(message: string, fields: LogFields): void;
  warning(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
}

/** The methods that write a line. */
export type LogLevel = Exclude<keyof Log, "writesDebug">;

/** For whoever wants no lines. */
export const silentLog: Log = { writesDebug: false, debug() {}, info() {}, warning() {}, error() {} };
