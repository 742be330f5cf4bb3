/** Recorded cycles whole, for replays: as the store keeps them, not as people read them. */

import type { Allocation } from "@trimtab/conventions";
import type { RecordedCycle, Store } from "@trimtab/engine";
import type { Act, Evidence, OperationPolicy, OperationState } from "@trimtab/learning";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { linkNextPage, type OperationListQuery, operationListQuery, pageRequest } from "./wire/paging.ts";

/** Counts the forms of a recorded cycle: a replay refuses one that it does not know. */
export const RECORDED_CYCLE_SCHEMA = 1;

/** One cycle: everything that its decision depended on but the state, which is kept now and then. */
interface WireRecordedCycle {
  readonly cycle: number;
  readonly policyHash: string;
  readonly seed: string;
  readonly evidence: Evidence;
  /** What people did that the decision took. */
  readonly acts?: readonly Act[];
  /** When it was decided, in milliseconds since 1970, and what was served from then on. */
  readonly decision: { readonly id: string; readonly at: number; readonly allocations: readonly Allocation[] };
  /** What the next cycle started from. */
  readonly state?: OperationState;
}

/** A page of recorded cycles, newest first. */
export interface WireRecordedCyclePage {
  readonly schema: number;
  readonly cycles: readonly WireRecordedCycle[];
  /** The policies that the cycles name, by hash. */
  readonly policies: Readonly<Record<string, OperationPolicy>>;
  readonly nextCursor?: string | undefined;
}

// The parts are what `learning` takes and gives; their form is told by `schema`, not here.
const part: z.ZodType<unknown> = z.looseObject({});

const pageSchema: z.ZodType<unknown> = z.strictObject({
  schema: z.int().meta({ description: "The form of the cycles; another number is another form." }),
  cycles: z.array(
    z.strictObject({
      cycle: z.int(),
      policyHash: z.string(),
      seed: z.string(),
      evidence: part.meta({ description: "The window, the measurements by context and variant, and their queries." }),
      acts: z.array(part).optional().meta({ description: "What people did that the decision took." }),
      decision: z.strictObject({
        id: z.string(),
        at: z.number().meta({ description: "Milliseconds since 1970." }),
        allocations: z.array(part),
      }),
      state: part.optional().meta({ description: "What the next cycle started from; kept now and then." }),
    }),
  ),
  policies: z.record(z.string(), part),
  nextCursor: z.string().optional(),
});

/** The route /v1/recorded-cycles. */
export function recordedCycleRoutes({
  store,
  operations,
}: {
  readonly store: Pick<Store, "listCycles" | "loadPolicy">;
  readonly operations: ConfiguredOperations;
}): readonly Route[] {
  const list: Route<OperationListQuery> = {
    method: "get",
    path: "/v1/recorded-cycles",
    summary:
      "Recorded cycles of one operation whole, newest first: evidence, seed, allocations, policies. For replays.",
    role: "read",
    query: operationListQuery,
    answers: {
      200: { description: "A page of cycles.", body: { name: "RecordedCyclePage", schema: pageSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { component, operation } = operations.find(query.component, query.operation);
      const { items, nextCursor } = await store.listCycles({ component, operation }, pageRequest(query));
      linkNextPage(response, path, { ...query }, nextCursor);
      const hashes = [...new Set(items.map(({ policyHash }) => policyHash))];
      const policies: [string, OperationPolicy][] = [];
      for (const hash of hashes) {
        const policy = await store.loadPolicy(hash);
        if (policy !== undefined) policies.push([hash, policy]);
      }
      const page: WireRecordedCyclePage = {
        schema: RECORDED_CYCLE_SCHEMA,
        cycles: items.map(wireRecordedCycle),
        policies: Object.fromEntries(policies),
        nextCursor,
      };
      sendJson(response, page);
    },
  };
  return [list] as readonly Route[];
}

function wireRecordedCycle({
  cycle,
  policyHash,
  seed,
  evidence,
  acts,
  decision,
  state,
}: RecordedCycle): WireRecordedCycle {
  const { id, at, allocations } = decision;
  return {
    cycle,
    policyHash,
    seed,
    evidence,
    ...(acts === undefined ? {} : { acts }),
    decision: { id, at, allocations },
    ...(state === undefined ? {} : { state }),
  };
}
