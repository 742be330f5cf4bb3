/** The controller's log: one line per event on standard error, JSON for machines or short text for a terminal. */
import { trace } from "@opentelemetry/api";
import type { Log, LogFields } from "@trimtab/engine";
import { scopeFields } from "./tracing/log-scope.ts";
import { logIds } from "./tracing/tracer.ts";

/** From which level on lines are written. */
type LogLevel = "debug" | "info" | "warning" | "error" | "silent";

/** How lines look. */
type LogFormat = "json" | "text";

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, silent: 4 };

/** What a log is made of. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly hasColor: boolean;
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * TRIMTAB_LOG_LEVEL (debug, info, warning, error, silent; default info) and TRIMTAB_LOG_FORMAT (json, text; default text on a
 * terminal, else json). An unknown value is as if it were absent.
 */
export function logOptionsFrom(
  environment: NodeJS.ProcessEnv,
  isTerminal: boolean,
): Pick<LogOptions, "level" | "format" | "hasColor"> {
  const level = (environment["TRIMTAB_LOG_LEVEL"] ?? "").toLowerCase().replace(/^warn$/, "warning");
  const format = (environment["TRIMTAB_LOG_FORMAT"] ?? "").toLowerCase();
  return {
    level: Object.hasOwn(ORDER, level) ? (level as LogLevel) : "info",
    format: format === "json" || format === "text" ? format : isTerminal ? "text" : "json",
    hasColor: isTerminal && !environment["NO_COLOR"],
  };
}

/** A log. Nothing that is logged makes it throw. */
export function createLog({ level, format, hasColor, write, now }: LogOptions): Log {
  const line = (at: Exclude<LogLevel, "silent">) => (message: string, fields: LogFields) => {
    if (ORDER[at] < ORDER[level]) return;
    const time = new Date(now()).toISOString();
    // The active span, so that a line can be found from its trace; where no SDK runs, the caller's trace.
    const all = { ...scopeFields(), ...logIds(trace.getActiveSpan()?.spanContext()), ...fields };
    write(format === "json" ? jsonLine(time, at, message, all) : textLine(time, at, message, all, hasColor));
  };
  return {
    writesDebug: ORDER.debug >= ORDER[level],
    debug: line("debug"),
    info: line("info"),
    warning: line("warning"),
    error: line("error"),
  };
}

function jsonLine(time: string, level: string, message: string, fields: LogFields): string {
  try {
    return `${JSON.stringify({ time, level, message, ...fields }, plain)}\n`;
  } catch (error) {
    return `${JSON.stringify({ time, level, message, unloggable: String(error) })}\n`;
  }
}

const COLORS: Readonly<Record<string, number>> = { debug: 2, info: 32, warning: 33, error: 31 };

function textLine(time: string, level: string, message: string, fields: LogFields, hasColor: boolean): string {
  const paint = (text: string): string => (hasColor ? `\u001b[${COLORS[level] ?? 0}m${text}\u001b[0m` : text);
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${shortText(value)}`)
    .join("");
  return `${time.slice(11, 19)} ${paint(level.padEnd(7))} ${oneLine(message)}${rest}\n`;
}

function shortText(value: unknown): string {
  if (value instanceof Error) return oneLine(value.message);
  if (typeof value === "string") return oneLine(/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));
  try {
    const text = oneLine(JSON.stringify(value, plain) ?? String(value));
    return text.length > 200 ? `${text.slice(0, 199)}…` : text;
  } catch (error) {
    return String(error);
  }
}

/** One event is one line, and tells the terminal nothing, whatever somebody's metrics page or Prometheus wrote into it. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " | ").replaceAll(/\p{Control}/gu, "\uFFFD");
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  if (typeof value === "bigint") return String(value);
  return value;
}
