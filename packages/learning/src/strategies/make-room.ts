/** Ends trials that can hardly win much any more, while something untried may: near-equal settings would hold the slots for ever. */
import type { VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import type { Setting } from "../policy/setting.ts";
import { mayTry } from "./challengers.ts";
import type { LimitView } from "./limit-view.ts";
import type { TrialMemory } from "./surface-memory.ts";
import type { SurfaceView } from "./surface-view.ts";
import { describeDifference } from "./trial.ts";

const DECISIONS = 4;
const SHARE_OF_HOPE = 0.35;

/** What making room depends on. */
export interface RoomView {
  /** Settings near the incumbent. */
  readonly near: readonly Setting[];
  readonly barred: ReadonlySet<VariantId>;
  readonly view: SurfaceView;
  readonly limits: LimitView;
  /** The cycle until which what has to go rests. */
  readonly until: number;
}

/** The memory without such trials, and why each went. */
export function makeRoom(
  before: TrialMemory,
  { near, barred, view, limits, until }: RoomView,
): { readonly memory: TrialMemory; readonly refused: readonly { variant: VariantId; reason: Reason }[] } {
  const old = Object.entries(before.trials).filter(([, trial]) => trial.decisions >= DECISIONS);
  if (old.length === 0) return { memory: before, refused: [] };
  // what may be won over the incumbent, one deviation above what is believed, if the limits let it
  const hopeOf = (setting: Setting): number => {
    const { mean, deviation } = view.difference(setting.parameters);
    return (mean + deviation) * limits.probability(setting);
  };
  const untried = near.filter(
    (setting) =>
      !Object.hasOwn(before.trials, setting.id) &&
      !Object.hasOwn(before.resting, setting.id) &&
      !barred.has(setting.id) &&
      mayTry(setting, limits),
  );
  const hope = Math.max(0, ...untried.map(hopeOf));
  const trials = { ...before.trials };
  const resting = { ...before.resting };
  const refused: { variant: VariantId; reason: Reason }[] = [];
  for (const [variant, { parameters }] of old) {
    if (hopeOf({ id: variant, parameters }) >= SHARE_OF_HOPE * hope) continue;
    const numbers = describeDifference(view.difference(parameters));
    const sentence = `${variant}: ${numbers}, while ${hope.toFixed(3)} may be won elsewhere.`;
    refused.push({ variant, reason: { code: "LESS_PROMISING", sentence } });
    resting[variant] = until;
    delete trials[variant];
  }
  return { memory: { ...before, trials, resting }, refused };
}
