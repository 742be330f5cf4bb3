/** What the controller's HTTP interface answers, as far as a module reads it, and a module's own words for it. */
import type { Context, Outcome } from "@trimtab/conventions";
import type { LearnedOperation, ModuleAdaptation, OperationRecord } from "../ports.ts";

/** An adaptation of `GET /v1/adaptations`. */
export interface WireAdaptation extends Omit<ModuleAdaptation, "at" | "reason" | "basis"> {
  readonly at: string;
  readonly reason: { readonly sentence: string };
  readonly basis: {
    readonly windows: number;
    readonly from: WireSide;
    readonly to?: WireSide;
    readonly feedback?: readonly string[];
  };
}

interface WireSide {
  readonly variant: string;
  readonly calls: number;
}

/** A pass of `POST /v1/learning-cycles`. */
export interface WireCycle {
  readonly operation: string;
  readonly outcome: LearnedOperation["outcome"] | "failed";
  readonly detail?: string;
  readonly contexts?: readonly { readonly reason: { readonly sentence: string } }[];
  readonly adaptations?: readonly WireAdaptation[];
}

/** A record of `GET /v1/records`. */
export interface WireRecord {
  readonly id: string;
  readonly operation: string;
  readonly context: Context;
  readonly variant: string;
  readonly outcome: Outcome;
  readonly at: string;
  readonly durationMilliseconds?: number;
  readonly quality?: number;
  readonly cost?: Readonly<Record<string, number>>;
  readonly errorType?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** An adaptation as a module tells it. */
export function adaptationOfWire(wire: WireAdaptation): ModuleAdaptation {
  const { basis, at, reason, ...rest } = wire;
  const { feedback = [] } = basis;
  const { id, operation, context, parameter, oldValue, newValue, confidence, status, applied } = rest;
  const sides = [basis.from, ...(basis.to === undefined ? [] : [basis.to])].map(
    ({ variant, calls }) => `${variant}: ${calls} calls in ${basis.windows} windows`,
  );
  const told = { id, operation, context, parameter, oldValue, newValue, confidence, status, applied };
  return { ...told, at: new Date(at), reason: reason.sentence, basis: feedback.length > 0 ? feedback : sides };
}

/** A pass as a module tells it. */
export function learnedOfWire({ operation, outcome, detail, contexts, adaptations }: WireCycle): LearnedOperation {
  const reasons = [...new Set((contexts ?? []).map(({ reason }) => reason.sentence))];
  return {
    operation,
    outcome: outcome === "failed" ? "skipped" : outcome,
    reasons: detail === undefined ? reasons : [detail, ...reasons],
    adaptations: (adaptations ?? []).map(adaptationOfWire),
  };
}

/** A record as a module tells it. The values of its variant are not in the record. */
export function recordOfWire(wire: WireRecord): OperationRecord {
  const { id, operation, context, variant, outcome, at, durationMilliseconds, quality, cost, errorType, metadata } =
    wire;
  return {
    id,
    operation,
    at: new Date(at),
    context,
    outcome,
    ...(durationMilliseconds === undefined ? {} : { durationMilliseconds }),
    ...(quality === undefined ? {} : { quality }),
    ...(cost === undefined ? {} : { costs: cost }),
    ...(errorType === undefined ? {} : { errorType }),
    ...(metadata === undefined ? {} : { metadata }),
    variant,
    parameters: {},
    adaptationApplied: !variant.startsWith("base-"),
  };
}
