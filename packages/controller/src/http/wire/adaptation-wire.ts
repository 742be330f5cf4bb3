/** An adaptation as the HTTP interface tells it. */
import { type Context, contextId, type ParameterValue } from "@trimtab/conventions";
import type { StoredAdaptation } from "@trimtab/engine";
import { type Adaptation, type AdaptationStatus, type EvidenceCell, type Reading, summarize } from "@trimtab/learning";
import { z } from "zod";
import { experimentPlaceSchema, type WireExperimentPlace, wireExperimentPlace } from "./experiment-wire.ts";
import {
  contextSchema,
  intervalSchema,
  liftSchema,
  parameterValueSchema,
  reasonSchema,
  timeSchema,
  variantSummarySchema,
  type WireInterval,
  type WireLift,
  type WireReason,
  type WireVariantSummary,
  type WireWindow,
  windowSchema,
  wireInterval,
  wireReason,
  wireTime,
  wireVariantSummary,
  wireWindow,
} from "./learning-wire.ts";
import { summaryFields, type WireSummary, wireKind, wireSummary } from "./summary-wire.ts";

/** The comparison that an adaptation rests on. */
interface WireBasis {
  readonly window: WireWindow;
  readonly windows: number;
  readonly from: WireVariantSummary;
  readonly to?: WireVariantSummary | undefined;
  readonly difference?: WireInterval | undefined;
  readonly test?: { readonly name: string; readonly value: number; readonly threshold: number } | undefined;
  /** What else was looked at and not taken. */
  readonly refused?:
    | readonly {
        readonly variant: string;
        readonly parameters?: Readonly<Record<string, ParameterValue>> | undefined;
        readonly reason: WireReason;
      }[]
    | undefined;
  /** Ids of the feedback that it rests on. */
  readonly feedback?: readonly string[] | undefined;
}

/** The record of a change of one parameter in one context. */
export interface WireAdaptation {
  readonly id: string;
  readonly changeId: string;
  readonly at: string;
  readonly component: string;
  readonly operation: string;
  readonly context: Context;
  readonly parameter: string;
  readonly oldValue: ParameterValue;
  readonly newValue: ParameterValue;
  readonly confidence: number;
  readonly reason: WireReason;
  readonly status: AdaptationStatus;
  /** Is the new value in force because of this? */
  readonly applied: boolean;
  readonly basis: WireBasis;
  /** The arm of an experiment that it is served in; absent where all calls have it. */
  readonly experiment?: WireExperimentPlace | undefined;
}

/** One adaptation with everything that explains it. */
export interface WireExplainedAdaptation extends WireAdaptation {
  /** Oldest first. */
  readonly history: readonly { readonly status: AdaptationStatus; readonly at: string; readonly reason: WireReason }[];
  /** The other parameters that changed with it. */
  readonly changedTogether: readonly {
    readonly id: string;
    readonly parameter: string;
    readonly oldValue: ParameterValue;
    readonly newValue: ParameterValue;
  }[];
  /**
   * Every call in the window of the basis, per variant, read again: exactly what `queries` give. The basis may have fewer, because
   * a test leaves out the parts of its window in which the shares changed or one side had no calls.
   */
  readonly counted: {
    readonly kind: WireSummary["kind"];
    readonly detail?: string | undefined;
    readonly variants: readonly (WireSummary & { readonly variant: string })[];
  };
  /** PromQL that gives the numbers of `counted` whenever it is asked: it pins its own time. */
  readonly queries: readonly { readonly question: string; readonly promql: string }[];
  /** What came of it: the context's lift as of the last decision. Absent until it can be told. */
  readonly liftNow?: WireLift | undefined;
}

/** Every status, in the order of an adaptation's life. */
export const ADAPTATION_STATUSES: readonly AdaptationStatus[] = [
  "suggested",
  "approved",
  "applied",
  "superseded",
  "rejected",
  "rolled-back",
  "failed",
];

const statusSchema = z.enum(ADAPTATION_STATUSES);

const adaptation = {
  id: z.string(),
  changeId: z.string(),
  at: timeSchema,
  component: z.string(),
  operation: z.string(),
  context: contextSchema,
  parameter: z.string(),
  oldValue: parameterValueSchema,
  newValue: parameterValueSchema,
  confidence: z.number(),
  reason: reasonSchema,
  status: statusSchema,
  applied: z.boolean(),
  basis: z.strictObject({
    window: windowSchema,
    windows: z.number(),
    from: variantSummarySchema,
    to: variantSummarySchema.optional(),
    difference: intervalSchema.optional(),
    test: z.strictObject({ name: z.string(), value: z.number(), threshold: z.number() }).optional(),
    refused: z
      .array(
        z.strictObject({
          variant: z.string(),
          parameters: z.record(z.string(), parameterValueSchema).optional(),
          reason: reasonSchema,
        }),
      )
      .optional(),
    feedback: z.array(z.string()).optional(),
  }),
  experiment: experimentPlaceSchema.optional(),
};

/** One adaptation. */
export const adaptationSchema: z.ZodType<WireAdaptation> = z.strictObject(adaptation);

/** A page of adaptations. */
export const adaptationPageSchema: z.ZodType<{
  adaptations: readonly WireAdaptation[];
  nextCursor?: string | undefined;
}> = z.strictObject({ adaptations: z.array(adaptationSchema), nextCursor: z.string().optional() });

/** One adaptation, explained. */
export const explainedAdaptationSchema: z.ZodType<WireExplainedAdaptation> = z.strictObject({
  ...adaptation,
  history: z.array(z.strictObject({ status: statusSchema, at: timeSchema, reason: reasonSchema })),
  changedTogether: z.array(
    z.strictObject({
      id: z.string(),
      parameter: z.string(),
      oldValue: parameterValueSchema,
      newValue: parameterValueSchema,
    }),
  ),
  counted: z.strictObject({
    kind: summaryFields.kind,
    detail: z.string().optional(),
    variants: z.array(z.strictObject({ variant: z.string(), ...summaryFields })),
  }) as unknown as z.ZodType<WireExplainedAdaptation["counted"]>,
  queries: z.array(z.strictObject({ question: z.string(), promql: z.string() })),
  liftNow: liftSchema.optional(),
});

/** An adaptation for the wire. */
export function wireAdaptation(adaptation: Adaptation): WireAdaptation {
  const { basis } = adaptation;
  return {
    id: adaptation.id,
    changeId: adaptation.changeId,
    at: wireTime(adaptation.at),
    component: adaptation.component,
    operation: adaptation.operation,
    context: adaptation.context,
    parameter: adaptation.parameter,
    oldValue: adaptation.oldValue,
    newValue: adaptation.newValue,
    confidence: adaptation.confidence,
    reason: wireReason(adaptation.reason),
    status: adaptation.status,
    applied: adaptation.status === "applied",
    basis: {
      window: wireWindow(basis.window),
      windows: basis.windows,
      from: wireVariantSummary(basis.from),
      to: basis.to && wireVariantSummary(basis.to),
      difference: basis.difference && wireInterval(basis.difference),
      test: basis.test,
      refused: basis.refused?.map((each) => ({ ...each, reason: wireReason(each.reason) })),
      feedback: basis.feedback,
    },
    experiment: adaptation.experiment && wireExperimentPlace(adaptation.experiment),
  };
}

/** What happened to an adaptation, for the wire. */
export function wireHistory(adaptation: StoredAdaptation): WireExplainedAdaptation["history"] {
  return adaptation.history.map(({ status, at, reason }) => ({ status, at: wireTime(at), reason: wireReason(reason) }));
}

/** What was counted in an adaptation's window, for the wire. */
export function wireCounted(
  cells: Reading<readonly EvidenceCell[]>,
  context: Context,
): WireExplainedAdaptation["counted"] {
  if (cells.kind !== "value") return { kind: wireKind(cells.kind), detail: cells.detail, variants: [] };
  const own = cells.value.filter((cell) => contextId(cell.context) === contextId(context));
  return {
    kind: "value",
    variants: own.map(({ variant, reading }) => ({
      variant,
      ...wireSummary(reading.kind === "value" ? { kind: "value", value: summarize([reading.value]) } : reading),
    })),
  };
}
