/** Asks a controller what it has recorded of the operations of a configuration. */
import { checkedDuration } from "../config/duration-text.ts";
import type { WirePerformance } from "../http/performance-routes.ts";
import type { WireOperationSummary } from "../http/wire/operation-wire.ts";
import type { WireReview } from "../http/wire/review-wire.ts";
import { REVIEW_PERIOD, type RecordedEvidence } from "./adoption.ts";
import { CommandFailure } from "./command.ts";
import type { ControllerClient } from "./controller-client.ts";

/** The evidence of each operation that the controller knows, by `component/operation`. */
export type RecordedOperations = ReadonlyMap<string, RecordedEvidence>;

/** The longest that was measured through counts. */
const PERIODS = ["24h", "1h"] as const;

/**
 * Asks for everything that is known.
 *
 * @throws {CommandFailure} where nobody answers, or refuses to.
 */
export async function askRecorded(client: ControllerClient, intervalMilliseconds: number): Promise<RecordedOperations> {
  const review = await client.require<WireReview>(`/v1/review?since=${REVIEW_PERIOD}`);
  const { operations } = await client.require<{ readonly operations: readonly WireOperationSummary[] }>(
    "/v1/operations",
  );
  const found = new Map<string, RecordedEvidence>();
  for (const { component, operation, cycles, contexts } of operations) {
    const own = review.operations.find((each) => each.component === component && each.operation === operation);
    if (own === undefined) continue;
    if (own.verdicts === undefined)
      throw new CommandFailure(
        `The controller at ${client.url} is older than this tool and does not say what people decided.`,
      );
    const name = `${component}/${operation}`;
    const callsPerCycle = await callsOf(client, name, cycles, intervalMilliseconds);
    // One of the contexts holds everything, and has the calls that nothing narrower has.
    found.set(name, { cycles, contexts: Math.max(1, contexts - 1), callsPerCycle, review: own });
  }
  return found;
}

async function callsOf(
  client: ControllerClient,
  name: string,
  cycles: number,
  intervalMilliseconds: number,
): Promise<number | undefined> {
  for (const period of PERIODS) {
    const cyclesInPeriod = checkedDuration(period) / intervalMilliseconds;
    if (cycles < cyclesInPeriod) continue;
    const path = name.split("/").map(encodeURIComponent).join("/");
    const { kind, total } = await client.require<WirePerformance>(`/v1/performance/${path}?period=${period}`);
    if (kind === "value" && total !== undefined && total > 0) return total / cyclesInPeriod;
  }
  return undefined;
}
