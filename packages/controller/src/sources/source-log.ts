/** What a metric source says about itself: a sentence, and the values in it once more by name. */
export interface SourceLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing. */
export const silentLog: SourceLog = { info: () => {}, warn: () => {} };
