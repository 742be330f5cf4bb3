/** A pass of the cycle on demand; or what one would do. */
import type { Context } from "@trimtab/conventions";
import type { CycleOutcome } from "@trimtab/engine";
import type { ContextDecision, OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { adaptationSchema, type WireAdaptation, wireAdaptation } from "./wire/adaptation-wire.ts";
import { contextSchema, reasonSchema, type WireReason, wireReason } from "./wire/learning-wire.ts";

/** What the route needs. */
export interface LearningCycleRouteDependencies {
  readonly operations: ConfiguredOperations;
  /** Runs a pass; with `dry` nothing is recorded and nothing changes. */
  readonly run: (policy: OperationPolicy, dry: boolean) => Promise<CycleOutcome>;
  /** Who leads where this process does not; undefined where it does. */
  readonly otherLeader: () => string | undefined;
}

interface CycleBody {
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
  readonly dry?: boolean | undefined;
}

const bodySchema: z.ZodType<CycleBody> = z.strictObject({
  component: z.string().optional().meta({ description: "Only this component's operations." }),
  operation: z.string().optional().meta({ description: "Only this operation; needs the component." }),
  dry: z.boolean().optional().meta({ description: "Only tell what would change." }),
});

/** What became of one operation's pass. */
interface WireCycle {
  readonly component: string;
  readonly operation: string;
  readonly outcome: "recorded" | "skipped" | "conflict" | "failed";
  /** Why, where nothing was recorded. */
  readonly detail?: string | undefined;
  readonly cycle?: number | undefined;
  readonly contexts?:
    | readonly { readonly context: Context; readonly kind: ContextDecision["kind"]; readonly reason: WireReason }[]
    | undefined;
  readonly adaptations?: readonly WireAdaptation[] | undefined;
}

const answerSchema: z.ZodType<{ readonly dry: boolean; readonly cycles: readonly WireCycle[] }> = z.strictObject({
  dry: z.boolean(),
  cycles: z.array(
    z.strictObject({
      component: z.string(),
      operation: z.string(),
      outcome: z.enum(["recorded", "skipped", "conflict", "failed"]),
      detail: z.string().optional(),
      cycle: z.int().optional(),
      contexts: z
        .array(
          z.strictObject({
            context: contextSchema,
            kind: z.enum(["hold", "shift", "adapt", "suggest", "roll-back"]),
            reason: reasonSchema,
          }),
        )
        .optional(),
      adaptations: z.array(adaptationSchema).optional(),
    }),
  ),
});

/** The route /v1/learning-cycles. */
export function learningCycleRoutes({
  operations,
  run,
  otherLeader,
}: LearningCycleRouteDependencies): readonly Route[] {
  const post: Route<unknown, CycleBody> = {
    method: "post",
    path: "/v1/learning-cycles",
    summary: "Runs a pass now and tells what it decided. An empty body means every operation.",
    role: "operate",
    body: { name: "LearningCycleRequest", schema: bodySchema },
    answers: {
      200: { description: "What became of each pass.", body: { name: "LearningCycles", schema: answerSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "NOT_LEADING"],
    async handle({ body }, response) {
      const dry = body.dry ?? false;
      const leader = dry ? undefined : otherLeader();
      if (leader !== undefined) throw new ControllerError("NOT_LEADING", `This replica follows; ${leader} leads.`);
      const cycles = await Promise.all(
        chosen(operations, body).map((policy) => wireCycle(policy, () => run(policy, dry))),
      );
      sendJson(response, { dry, cycles });
    },
  };
  return [post] as readonly Route[];
}

function chosen(operations: ConfiguredOperations, { component, operation }: CycleBody): readonly OperationPolicy[] {
  if (component === undefined) {
    return operation === undefined
      ? operations.all()
      : operations.all().filter((policy) => policy.operation === operation);
  }
  return operation === undefined ? operations.ofComponent(component) : [operations.find(component, operation)];
}

async function wireCycle(
  { component, operation }: OperationPolicy,
  run: () => Promise<CycleOutcome>,
): Promise<WireCycle> {
  let outcome: CycleOutcome;
  try {
    outcome = await run();
  } catch (error) {
    return { component, operation, outcome: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
  if (outcome.kind !== "recorded") return { component, operation, outcome: outcome.kind, detail: outcome.reason };
  return {
    component,
    operation,
    outcome: "recorded",
    cycle: outcome.cycle,
    contexts: outcome.decision.contexts.map(({ context, kind, reason }) => ({
      context,
      kind,
      reason: wireReason(reason),
    })),
    adaptations: outcome.decision.adaptations.map(wireAdaptation),
  };
}
