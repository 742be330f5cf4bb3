/** What learning did in a period, for the people who answer for it. */
import type { Store, StoredAdaptation } from "@trimtab/engine";
import type { Decision, OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { checkedDuration, durationProblem } from "../config/duration-text.ts";
import { reviewOperation } from "../review/review-operation.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { wireTime } from "./wire/learning-wire.ts";
import { reviewSchema, type WireReview, wireOperationReview } from "./wire/review-wire.ts";

/** What the route needs. */
export interface ReviewRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Pick<Store, "listAdaptations">;
  /** The last decision of an operation. */
  readonly lastDecision: (policy: OperationPolicy) => Decision | undefined;
  readonly now: () => number;
}

const PAGE = 500;

/** More adaptations of one operation are not looked at; the review says so. */
const MOST_ADAPTATIONS = 10_000;
const MOST_AWAITING = 100;

interface ReviewQuery {
  readonly since?: string | undefined;
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
}

const query: z.ZodType<ReviewQuery> = z.strictObject({
  since: z
    .string()
    .superRefine((text, context) => {
      const message = durationProblem(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .optional()
    .meta({ description: "How far back, such as 30d (the default).", examples: ["30d"] }),
  component: z.string().min(1).optional(),
  operation: z.string().min(1).optional(),
});

/** The route `GET /v1/review`. */
export function reviewRoutes({ operations, store, lastDecision, now }: ReviewRouteDependencies): readonly Route[] {
  const route: Route<ReviewQuery> = {
    method: "get",
    path: "/v1/review",
    summary:
      "What learning did in a period: changes by parameter, impact, side effects, oscillation, breakers, what waits and is due.",
    role: "read",
    query,
    answers: { 200: { description: "The review.", body: { name: "Review", schema: reviewSchema } } },
    errors: [],
    async handle({ query: { since = "30d", component, operation } }, response) {
      const until = now();
      const from = until - checkedDuration(since);
      const chosen = operations
        .all()
        .filter((policy) => component === undefined || policy.component === component)
        .filter((policy) => operation === undefined || policy.operation === operation);
      const reviews: WireReview["operations"][number][] = [];
      for (const policy of chosen) {
        const { adaptations, isWhole } = await adaptationsSince(store, policy, from);
        const { component: of, operation: name } = policy;
        const filter = { component: of, operation: name, status: "suggested" } as const;
        const { items: awaiting } = await store.listAdaptations(filter, { limit: MOST_AWAITING });
        const review = reviewOperation({ policy, adaptations, awaiting, last: lastDecision(policy) });
        reviews.push(wireOperationReview(policy, review, isWhole));
      }
      sendJson(response, { since: wireTime(from), until: wireTime(until), operations: reviews });
    },
  };
  return [route] as readonly Route[];
}

async function adaptationsSince(
  store: ReviewRouteDependencies["store"],
  { component, operation }: OperationPolicy,
  since: number,
): Promise<{ adaptations: StoredAdaptation[]; isWhole: boolean }> {
  const adaptations: StoredAdaptation[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listAdaptations(
      { component, operation },
      { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    );
    const inPeriod = page.items.filter(({ at }) => at >= since);
    adaptations.push(...inPeriod);
    cursor = inPeriod.length < page.items.length ? undefined : page.nextCursor;
  } while (cursor !== undefined && adaptations.length < MOST_ADAPTATIONS);
  return { adaptations, isWhole: cursor === undefined };
}
