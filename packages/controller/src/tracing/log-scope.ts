/** What every log line says that is written inside a request or a cycle, whoever writes it. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "@trimtab/engine";

const scope = new AsyncLocalStorage<LogFields>();
const NOTHING: LogFields = {};

/** Runs something whose log lines carry these fields, and none of those of a scope around it. */
export function withLogFields<Result>(fields: LogFields, run: () => Result): Result {
  return scope.run(fields, run);
}

/** The fields of the scope that runs. */
export function scopeFields(): LogFields {
  return scope.getStore() ?? NOTHING;
}
