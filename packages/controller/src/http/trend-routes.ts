/** What an operation did over months and years, from the controller's own memory. */
import { formatDuration } from "@trimtab/conventions";
import type { TrendStore } from "@trimtab/engine";
import { stepStart, trendPoints } from "@trimtab/learning";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { durationOf, refuse, refuseUnknownKeys } from "./span-question.ts";
import { wireTime } from "./wire/learning-wire.ts";
import { trendSchema, wireTrendPoint } from "./wire/trend-wire.ts";

/** What the routes need. */
export interface TrendRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly trends: Pick<TrendStore, "readTrend">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface TrendQueryText {
  readonly since?: string | undefined;
  readonly step?: string | undefined;
}

const HOUR = 3_600_000;
/** An answer must stay small enough to be read. */
const MOST_POINTS = 2_000;
const LONGEST = "3650d";

const trendQuery: z.ZodType<TrendQueryText> = z.strictObject({
  since: z.string().optional().meta({ description: "How far back from now; 180d where it is absent." }),
  step: z.string().optional().meta({ description: "The length of a point in whole hours; 1d where it is absent." }),
});

/** The routes under /v1/trends. */
export function trendRoutes({ operations, trends, now }: TrendRouteDependencies): readonly Route[] {
  const ofOperation: Route<TrendQueryText> = {
    method: "get",
    path: "/v1/trends/{component}/{operation}",
    summary:
      "What one operation did, step by step, from the controller's own memory: success, latency, quality, cost, feedback, lift and parameters.",
    role: "read",
    query: trendQuery,
    takesContext: true,
    answers: {
      200: {
        description: "The points, oldest first; steps in which nothing was measured are absent.",
        body: { name: "Trend", schema: trendSchema },
      },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    async handle({ parameters, query, context }, response) {
      const policy = operations.find(parameters["component"] ?? "", parameters["operation"] ?? "");
      refuseUnknownKeys(context, policy);
      const since = durationOf("since", query.since ?? "180d", { shortest: "1h", longest: LONGEST });
      const step = durationOf("step", query.step ?? "1d", { shortest: "1h", longest: LONGEST });
      if (step % HOUR !== 0) refuse("step", `"${query.step}" is no number of whole hours, in which trends are kept`);
      if (since / step > MOST_POINTS)
        refuse(
          "step",
          `${Math.ceil(since / step)} points are too many; a step that gives at most ${MOST_POINTS} is needed`,
        );
      const { component, operation } = policy;
      const to = now();
      const from = stepStart(to - since, step);
      const isWhole = Object.keys(context).length === 0;
      const spans = await trends.readTrend({ component, operation, ...(isWhole ? {} : { context }), from, to });
      sendJson(response, {
        component,
        operation,
        context,
        since: wireTime(from),
        step: formatDuration(step),
        points: trendPoints(spans, step).map(wireTrendPoint),
      });
    },
  };
  return [ofOperation] as readonly Route[];
}
