/** What the thread that serves and the thread that learns say to each other about a pass. */
import type { MessagePort } from "node:worker_threads";
import type {
  CycleOutcome,
  EvidenceRequest,
  HeldLease,
  Log,
  LogLevel,
  NoticeType,
  QuestionObserver,
} from "@trimtab/engine";
import type { Evidence, OperationPolicy } from "@trimtab/learning";
import type { StoreSettings } from "../config/store-settings.ts";
import type { Config } from "../config.ts";
import type { DecisionSummary } from "../decision-summary.ts";
import type { DecisionFrame } from "./decision-slices.ts";

/** What the thread is started with. */
export interface PassThreadSettings {
  readonly store: StoreSettings;
  readonly metrics: Config["metrics"];
  readonly intervalMilliseconds: number;
  /** Where strategies of one's own are loaded from, by id. */
  readonly strategyUrls: Readonly<Record<string, string>>;
  /** Are debug lines written? Without it nobody makes them. */
  readonly writesDebug: boolean;
}

/** What it is started with under a configuration. */
export function passThreadSettings(
  { store, metrics, intervalMilliseconds, ownStrategies }: Config,
  log: Log,
): PassThreadSettings {
  const strategyUrls = ownStrategies?.urls ?? {};
  return { store, metrics, intervalMilliseconds, strategyUrls, writesDebug: log.writesDebug !== false };
}

/** A pass, and what only the other thread knows at its beginning. */
export interface PassRequest {
  readonly policy: OperationPolicy;
  readonly intervalMilliseconds: number;
  /** Milliseconds since 1970, as in the two below. */
  readonly now: number;
  readonly latestWindowEnd: number;
  /** The newest round of reading metrics pages; absent before the first, and with another source. */
  readonly readUntil?: number;
  readonly gridMilliseconds: number;
  /** Are the operations of the component reported? Then the thread that takes the reports reads them. */
  readonly isReported: boolean;
}

/** Under what a cycle is recorded. */
export interface WritePermission {
  readonly lease?: HeldLease;
  /** The names of the hooks that are told, by type of notice. */
  readonly addressees: Readonly<Record<NoticeType, readonly string[]>>;
}

/** An error as it is told to another thread: classes do not pass, what they carry does. */
export interface ToldError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The outcome of a pass, its decision in slices. */
export type OutcomeFrame =
  | Exclude<CycleOutcome, { kind: "recorded" }>
  | (Omit<Extract<CycleOutcome, { kind: "recorded" }>, "decision" | "served"> & {
      readonly decision: DecisionFrame;
      readonly summary: DecisionSummary;
      readonly served: Omit<NonNullable<Extract<CycleOutcome, { kind: "recorded" }>["served"]>, "decision">;
      readonly slices: { readonly port: MessagePort; readonly count: number };
    });

/** To the thread that learns. */
export type ToPassThread =
  | { readonly kind: "pass"; readonly pass: number; readonly request: PassRequest }
  | { readonly kind: "permission"; readonly pass: number; readonly answer: WritePermission | ToldError }
  | { readonly kind: "turn"; readonly refused?: string }
  | { readonly kind: "evidence"; readonly pass: number; readonly evidence: Evidence }
  | { readonly kind: "give up"; readonly pass: number; readonly reason: ToldError };

/** To the thread that serves. */
export type FromPassThread =
  | {
      readonly kind: "log";
      readonly pass: number | undefined;
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "question";
      readonly pass: number | undefined;
      readonly asked: Parameters<QuestionObserver["onQuestion"]>;
    }
  | { readonly kind: "permission"; readonly pass: number }
  | { readonly kind: "turn" }
  | { readonly kind: "turn over" }
  | { readonly kind: "evidence"; readonly pass: number; readonly asked: EvidenceRequest }
  | { readonly kind: "finished"; readonly pass: number; readonly outcome: OutcomeFrame }
  | { readonly kind: "failed"; readonly pass: number; readonly error: ToldError };

/** An error, to be told. */
export function toldError(error: unknown): ToldError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), fields: {} };
  const { name, message, stack } = error;
  const fields = Object.fromEntries(Object.entries(error).filter(([, value]) => isPlain(value)));
  return { name, message, ...(stack === undefined ? {} : { stack }), fields };
}

/** The error that was told. */
export function errorOf({ name, message, stack, fields }: ToldError): Error {
  return Object.assign(new Error(message), fields, { name }, stack === undefined ? {} : { stack });
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean", "undefined"].includes(typeof value);
}
