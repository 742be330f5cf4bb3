/** What people did and have set, as the HTTP interface tells it. */
import type { Context, ParameterValues } from "@trimtab/conventions";
import type { AuditKind, StoredAct } from "@trimtab/engine";
import type { ActOrigin, PeopleView } from "@trimtab/learning";
import { z } from "zod";
import {
  contextSchema,
  parameterValueSchema,
  reasonSchema,
  timeSchema,
  type WireReason,
  wireTime,
} from "./learning-wire.ts";

/** What kinds of acts there are. */
export const ACT_KINDS: readonly AuditKind[] = [
  "approve",
  "reject",
  "roll-back",
  "override",
  "release",
  "freeze",
  "unfreeze",
  "reset",
  "undo-reset",
  "import",
];

/** One act of the audit. */
export interface WireAct {
  readonly id: string;
  readonly component: string;
  readonly operation: string;
  readonly kind: AuditKind;
  /** Who, as they say themselves. */
  readonly by: string;
  /** The name of the token that they showed; absent where none are configured. */
  readonly token?: string | undefined;
  readonly why: string;
  readonly at: string;
  /** The adaptation or change that it is about. */
  readonly target?: string | undefined;
  readonly context?: Context | undefined;
  readonly values?: ParameterValues | undefined;
  readonly until?: string | undefined;
  /** Absent while the act waits for its decision. */
  readonly outcome?:
    | {
        readonly result: "done" | "refused" | "ended";
        readonly reason: WireReason;
        readonly cycle: number;
        readonly at: string;
      }
    | undefined;
}

/** What people have set and what waits for them. */
export interface WirePeople {
  readonly frozen?: WireOrigin | undefined;
  /** Other alerts that hold the freeze, too. */
  readonly alsoFrozenBy?: readonly WireOrigin[] | undefined;
  readonly overrides: readonly (WireOrigin & {
    readonly context: Context;
    readonly values: ParameterValues;
    readonly until?: string | undefined;
  })[];
  readonly resetDueAt?: string | undefined;
  readonly resetUndoUntil?: string | undefined;
}

interface WireOrigin {
  readonly act: string;
  readonly by: string;
  readonly why: string;
  readonly at: string;
}

const origin = { act: z.string(), by: z.string(), why: z.string(), at: timeSchema };
const values = z.record(z.string(), parameterValueSchema);

/** One act. */
export const actSchema: z.ZodType<WireAct> = z.strictObject({
  id: z.string(),
  component: z.string(),
  operation: z.string(),
  kind: z.enum(ACT_KINDS),
  by: z.string(),
  token: z.string().optional(),
  why: z.string(),
  at: timeSchema,
  target: z.string().optional(),
  context: contextSchema.optional(),
  values: values.optional(),
  until: timeSchema.optional(),
  outcome: z
    .strictObject({
      result: z.enum(["done", "refused", "ended"]),
      reason: reasonSchema,
      cycle: z.int(),
      at: timeSchema,
    })
    .optional(),
});

/** A page of the audit. */
export const auditPageSchema: z.ZodType<{
  readonly acts: readonly WireAct[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({ acts: z.array(actSchema), nextCursor: z.string().optional() });

/** What people have set. */
export const peopleSchema: z.ZodType<WirePeople> = z.strictObject({
  frozen: z.strictObject(origin).optional(),
  alsoFrozenBy: z
    .array(z.strictObject(origin))
    .optional()
    .meta({ description: "Other alerts that hold the freeze, too: it lasts until the last of them has ended." }),
  overrides: z.array(z.strictObject({ ...origin, context: contextSchema, values, until: timeSchema.optional() })),
  resetDueAt: timeSchema.optional(),
  resetUndoUntil: timeSchema.optional(),
});

/** An act for the wire. */
export function wireAct({ act, outcome }: StoredAct): WireAct {
  const { id, component, operation, kind, who, token, why, at } = act;
  return {
    id,
    component,
    operation,
    kind,
    by: who,
    ...(token === undefined ? {} : { token }),
    why,
    at: wireTime(at),
    ...("target" in act ? { target: act.target } : {}),
    ...("context" in act ? { context: act.context } : {}),
    ...("values" in act ? { values: act.values } : {}),
    ...("until" in act && act.until !== undefined ? { until: wireTime(act.until) } : {}),
    ...(outcome === undefined ? {} : { outcome: { ...outcome, at: wireTime(outcome.at) } }),
  };
}

/** What people have set, for the wire; undefined where there is nothing. */
export function wirePeople(people: PeopleView | undefined): WirePeople | undefined {
  if (people === undefined) return undefined;
  const { frozen, alsoFrozenBy, overrides, resetDueAt, resetUndoUntil } = people;
  return {
    frozen: frozen && wireOrigin(frozen),
    alsoFrozenBy: alsoFrozenBy?.map(wireOrigin),
    overrides: overrides.map((override) => ({
      ...wireOrigin(override),
      context: override.context,
      values: override.values,
      until: override.until === undefined ? undefined : wireTime(override.until),
    })),
    resetDueAt: resetDueAt === undefined ? undefined : wireTime(resetDueAt),
    resetUndoUntil: resetUndoUntil === undefined ? undefined : wireTime(resetUndoUntil),
  };
}

function wireOrigin({ id, who, why, at }: ActOrigin): WireOrigin {
  return { act: id, by: who, why, at: wireTime(at) };
}
