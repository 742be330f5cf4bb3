/** What a call needs of the instance that tracks it. */
import type { CallSpans } from "./call-spans.ts";
import type { CallMetrics } from "./metrics/call-metrics.ts";
import type { ResourceMeter } from "./metrics/resource-use.ts";
import type { ParameterClient } from "./parameters/parameter-client.ts";

/** What a call needs of the instance that tracks it. */
export interface CallSurroundings {
  readonly metrics: CallMetrics;
  readonly parameters: ParameterClient;
  readonly spans: CallSpans;
  /** At level `comprehensive` alone. */
  readonly resources: ResourceMeter | undefined;
  /** Are records of single calls wanted? */
  readonly takesRecords: boolean;
  /** Counts a score that was refused. */
  refuseQuality(): void;
}
