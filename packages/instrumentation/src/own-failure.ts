/**
 * What we do about our own failures: a diagnostic of OpenTelemetry at most. Nothing in here throws, because everything in here
 * runs inside a call of the application.
 */
import { diag } from "@opentelemetry/api";

const PREFIX = "[trimtab]";
const MAXIMUM_REMEMBERED = 1000;
/** Every copy of the package in a process tells the same listener, and each warning once. The number is the form of what is shared. */
const KEY = Symbol.for("trimtab.warnings.1");

interface Warnings {
  readonly told: Set<string>;
  listen: (message: string) => void;
}

const shared = globalThis as { [KEY]?: Warnings };
const warnings: Warnings = (shared[KEY] ??= { told: new Set(), listen: () => {} });

/** Tells a warning the first time that its key is seen; the thousandth different one is the last. */
export function warnOnce(key: string, message: string): void {
  if (warnings.told.has(key) || warnings.told.size >= MAXIMUM_REMEMBERED) return;
  warnings.told.add(key);
  warn(message);
}

/** Lets somebody else hear the warnings too: OpenTelemetry's diagnostics are silent until an application sets a logger. */
export function listenToWarnings(listener: (message: string) => void): void {
  warnings.listen = listener;
}

/** Tells a warning. */
export function warn(message: string): void {
  try {
    warnings.listen(message);
    diag.warn(`${PREFIX} ${message}`);
  } catch {
    // who was to hear it failed: there is nobody left to tell
  }
}

/** Tells that a part of ours failed; once per part. */
export function reportOwnFailure(part: string, error: unknown): void {
  warnOnce(`failure:${part}`, `${part} failed; the application is not affected: ${describeError(error)}`);
}

/** An error in one line, whatever was thrown. */
export function describeError(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
