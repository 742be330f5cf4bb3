/** What the controller remembers for longer than its metric source: trends, the loops of learning by length, and what is usual. */
import { type BaselineRouteDependencies, baselineRoutes } from "./baseline-routes.ts";
import type { Route } from "./route.ts";
import { type TrendRouteDependencies, trendRoutes } from "./trend-routes.ts";

/** What the routes need. */
export type LongMemoryDependencies = TrendRouteDependencies & BaselineRouteDependencies;

/** The part of it that outlives a configuration. */
export type LongMemory = Pick<LongMemoryDependencies, "trends" | "baselines" | "timeZone">;

/** The routes under /v1/trends and /v1/baselines. */
export function longMemoryRoutes(dependencies: LongMemoryDependencies): readonly Route[] {
  return [...trendRoutes(dependencies), ...baselineRoutes(dependencies)];
}
