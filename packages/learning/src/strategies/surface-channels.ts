/**
 * What is learnt of settings, each on a surface of its own: the utility of calls, what ratings add to it later, and the share of
 * calls that misses each limit. Utility and ratings are added up; misses say which settings may be tried at all.
 */
import type { ClosedWindow } from "../evidence/windows.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { SurfaceArm } from "../surface/surface-evidence.ts";

/** One thing that windows measure of settings. */
export interface Channel {
  readonly name: string;
  /** Differences between settings are thought to be of this size before anything is measured. */
  readonly amplitude: number;
  readonly armsOf: (window: ClosedWindow) => readonly SurfaceArm[];
}

/** The utility of calls: every operation has it. */
export const UTILITY = "utility";
/** What ratings add. */
export const FEEDBACK = "feedback";

const UTILITY_AMPLITUDE = 0.06;
/** Shares of misses are scaled to lie little beyond the limit, so their differences are not larger. */
const MISSES_AMPLITUDE = 0.05;

/** The channel of the limit with this index in the policy. */
export function limitChannel(index: number): string {
  return `limit ${index}`;
}

/** The channels of an operation. */
export function channelsOf({ objective, constraints }: OperationPolicy): readonly Channel[] {
  const channels: Channel[] = [
    {
      name: UTILITY,
      amplitude: UTILITY_AMPLITUDE,
      armsOf: ({ arms }) => arms.map(({ variant, utility, variance }) => ({ variant, value: utility, variance })),
    },
  ];
  if (objective.feedback !== undefined) {
    channels.push({
      name: FEEDBACK,
      amplitude: UTILITY_AMPLITUDE,
      armsOf: ({ ratings = [] }) =>
        ratings.map(({ variant, utility, variance }) => ({ variant, value: utility, variance })),
    });
  }
  constraints.forEach((_constraint, index) => {
    channels.push({
      name: limitChannel(index),
      amplitude: MISSES_AMPLITUDE,
      armsOf: ({ arms }) =>
        arms.flatMap(({ variant, misses }) => {
          const missed = misses?.[index];
          return missed === null || missed === undefined
            ? []
            : [{ variant, value: missed.share, variance: missed.variance }];
        }),
    });
  });
  return channels;
}
