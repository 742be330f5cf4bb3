/** What the controller remembers for longer than its metric source: trends, the loops of learning by length, and what is usual. */
import { type BaselineRouteDependencies, baselineRoutes } from "./baseline-routes.ts";
import { type LoopRouteDependencies, loopRoutes } from "./loop-routes.ts";
import type { Route } from "./route.ts";
import { type TrendRouteDependencies, trendRoutes } from "./trend-routes.ts";

/** What the routes need. */
export type LongMemoryDependencies = TrendRouteDependencies & BaselineRouteDependencies & LoopRouteDependencies;

/** The part of it that outlives a configuration. */
export type LongMemory = Pick<LongMemoryDependencies, "trends" | "baselines" | "timeZone" | "intervalMilliseconds">;

/** The routes under /v1/trends, /v1/loops and /v1/baselines. */
export function longMemoryRoutes(dependencies: LongMemoryDependencies): readonly Route[] {
  return [...trendRoutes(dependencies), ...loopRoutes(dependencies), ...baselineRoutes(dependencies)];
}
