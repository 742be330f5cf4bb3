/** An instance whose cells are read by a page, on a clock that stands still until it is moved. */
import { parseExposition, type Sample } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";
import type { InstrumentationOptions } from "../options.ts";
import type { EndedCall } from "./measured-call.ts";

/** A clock, an instance on it, and its page. */
export interface Watched {
  readonly shared: Instrumentation;
  readonly clock: { milliseconds: number };
  readonly scrape: () => readonly Sample[];
}

/** One minute of the clock, in milliseconds. */
export const MINUTE: number = 60_000;

/** Makes one. */
export function watched(options: InstrumentationOptions = {}): Watched {
  const clock = { milliseconds: 0 };
  const shared = new Instrumentation({ component: "shop", ...options }, () => clock.milliseconds);
  shared.metrics.take();
  return { shared, clock, scrape: () => parseExposition([...shared.metrics.pageText()].join("")) };
}

/** Has the controller publish these variants for an operation with context key `genre`; the first one is the baseline. */
export function publish({ shared }: Watched, operation: string, variants: readonly string[]): void {
  const roles = ["baseline", "incumbent"];
  const problem = shared.parameters.apply(
    {
      schema: 1,
      revision: variants.join(),
      issuedAt: "2026-11-20T10:00:00Z",
      exploreUntil: "2026-11-20T10:05:00Z",
      component: "shop",
      operations: {
        [operation]: {
          context: ["genre"],
          holdoutSalt: "h",
          parameters: { level: { type: "integer", base: 1, min: 1, max: 9_999 } },
          allocations: [
            {
              context: {},
              salt: "s",
              variants: variants.map((id, at) => ({
                id,
                role: roles[at] ?? "challenger",
                weight: at === 0 ? 1 : 0,
                parameters: { level: at + 1 },
              })),
            },
          ],
        },
      },
    },
    [shared.operation(operation)],
    { controllerTime: undefined },
  );
  if (problem !== undefined) throw new Error(problem);
}

/** A call that ended, as it is recorded. */
export function ended(call: Partial<EndedCall> = {}): EndedCall {
  return {
    outcome: "success",
    durationMilliseconds: 20,
    quality: undefined,
    costs: undefined,
    errorType: undefined,
    ...call,
  };
}

/** Counts a call that had this variant. */
export function count(
  { shared }: Watched,
  name: string,
  variant: string,
  call?: Partial<EndedCall>,
  genre = "rock",
): void {
  const operation = shared.operation(name);
  const { context, labels } = operation.contexts.find({ genre });
  const siblings = operation.allocations?.find(context)?.exploring;
  shared.metrics.record(operation, labels, variant, ended(call), siblings);
}
