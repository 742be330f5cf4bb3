/** Which settings are tried next, and how many calls each gets. */
import type { ParameterValues, VariantId } from "@trimtab/conventions";
import type { Setting } from "../policy/setting.ts";
import type { Random } from "../statistics/random.ts";
import type { LimitView } from "./limit-view.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { TrialMemory } from "./surface-memory.ts";
import type { SurfaceView } from "./surface-view.ts";
import { newTrial, RETRY_CALLS, type Trial } from "./trial.ts";

const FIRST_SHARE = 0.22;
const UNSURE_SHARE = 0.06;
/** A setting that keeps the limits with less probability than this is not tried. */
const MAY_TRY = 0.4;
/** But now and then a less likely one is: what nobody tries any more nobody learns about, and the blame may have been a sibling's. */
const MAY_TRY_RARELY = 0.1;
const RARELY = 0.03;
/** Caps by the probability of keeping the limits. */
const SURE = 0.9;
const LIMIT_CAPS = [
  { below: 0.5, share: 0.05 },
  { below: 0.8, share: 0.15 },
] as const;
const RETRY_SHARE = 0.06;
const RETRY_GROWTH = 1.6;
const SMALLEST_SHARE = 0.06;
const LARGEST_SHARE = 0.5;
const LARGEST_SPARSE_SHARE = 0.7;
const DRAWS = 60;
/** A change of shares closes the window, so it has to be worth one. */
const WORTHWHILE_CHANGE = 1.4;
/** Draws for one slot before it stays empty: most draws then say that nothing is better. */
const TRIES_PER_SLOT = 2;

/** What filling free slots depends on. */
export interface Filling {
  readonly neighbourhood: Neighbourhood;
  readonly view: SurfaceView;
  readonly random: Random;
  readonly slots: number;
  readonly minimumEffect: number;
  readonly isForbidden: (setting: Setting) => boolean;
  readonly limits: LimitView;
}

/**
 * Fills the free slots: first with what was proven before it was taken back, then with the best setting of a draw, half of the
 * time among the near ones and half of the time among all that may be reached.
 */
export function fillSlots(memory: TrialMemory, filling: Filling): TrialMemory {
  const { neighbourhood, view, random, slots, minimumEffect, isForbidden, limits } = filling;
  const trials: Record<VariantId, Trial> = { ...memory.trials };
  const isFree = (setting: Setting): boolean =>
    !Object.hasOwn(trials, setting.id) && !Object.hasOwn(memory.resting, setting.id) && !isForbidden(setting);
  const enough = limits.hasLimits && random.uniform() < RARELY ? MAY_TRY_RARELY : MAY_TRY;
  const isTriable = (setting: Setting): boolean => isFree(setting) && limits.probability(setting) >= enough;
  const reachable = new Map(neighbourhood.all.map((setting) => [setting.id, setting]));
  let { retries } = memory;
  for (const variant of Object.keys(memory.retries).sort()) {
    const setting = reachable.get(variant);
    if (setting === undefined || Object.keys(trials).length > slots || !isFree(setting)) continue; // one more than usual: its share is tiny
    trials[variant] = newTrial(setting.parameters, RETRY_SHARE, true);
    const { [variant]: _, ...others } = retries;
    retries = others;
  }
  let mirrored: ((parameters: ParameterValues) => number) | undefined;
  for (
    let tries = (slots - Object.keys(trials).length) * TRIES_PER_SLOT;
    tries > 0 && Object.keys(trials).length < slots;
    tries--
  ) {
    let draw = mirrored;
    mirrored = undefined;
    if (draw === undefined) [draw, mirrored] = view.drawPair(random);
    const isLocal = random.uniform() < 0.5;
    const found = bestOf(isLocal ? neighbourhood.near : neighbourhood.all, draw, minimumEffect, isTriable);
    if (found !== undefined) {
      const top = isLocal ? found : neighbourhood.uphill(found, draw);
      const chosen = top === found || isTriable(top) ? top : found;
      const share = limits.probability(chosen) < SURE ? UNSURE_SHARE : FIRST_SHARE;
      trials[chosen.id] = newTrial(chosen.parameters, share, false);
    }
  }
  return { ...memory, trials, retries };
}

/**
 * Shares follow the probability of being the best, at most twice the share of before. They change only where that makes a
 * difference worth a new window.
 */
export function reweigh(
  trials: TrialMemory["trials"],
  view: SurfaceView,
  limits: LimitView,
  random: Random,
  isSparse: boolean,
): Record<VariantId, Trial> {
  const names = Object.keys(trials).sort();
  const settings = names.map((name) => (trials[name] as Trial).parameters);
  const allowed = names.map((id, index) => limits.probability({ id, parameters: settings[index] as ParameterValues }));
  const best = view.probabilityBest(settings, allowed, DRAWS, random);
  const usualCap = isSparse ? LARGEST_SPARSE_SHARE : LARGEST_SHARE;
  const next: Record<VariantId, Trial> = {};
  names.forEach((name, index) => {
    const trial = trials[name] as Trial;
    if (trial.decisions === 0) next[name] = trial;
    else if (trial.isRetry && trial.calls < RETRY_CALLS)
      next[name] = { ...trial, weight: Math.min(SMALLEST_SHARE * 2, trial.weight * RETRY_GROWTH) };
    else {
      const cap = Math.min(usualCap, limitCap(allowed[index] as number));
      const goal = Math.min(cap, 2 * trial.weight, Math.max(SMALLEST_SHARE, best[index] ?? 0));
      const isWorthIt = goal > trial.weight * WORTHWHILE_CHANGE || goal < trial.weight / WORTHWHILE_CHANGE;
      next[name] = isWorthIt ? { ...trial, weight: goal } : trial;
    }
  });
  return next;
}

/** May a setting be tried: is it likely enough to keep the limits? */
export function mayTry(setting: Setting, limits: LimitView): boolean {
  return limits.probability(setting) >= MAY_TRY;
}

function limitCap(probability: number): number {
  return LIMIT_CAPS.find(({ below }) => probability < below)?.share ?? 1;
}

/** The challengers with their shares, in the order of their ids. */
export function sharesOf(trials: TrialMemory["trials"]): { parameters: ParameterValues; weight: number }[] {
  return Object.keys(trials)
    .sort()
    .map((variant) => trials[variant] as Trial)
    .map(({ parameters, weight }) => ({ parameters, weight }));
}

function bestOf(
  settings: readonly Setting[],
  draw: (parameters: ParameterValues) => number,
  minimumEffect: number,
  isFree: (setting: Setting) => boolean,
): Setting | undefined {
  let best: Setting | undefined;
  let highest = minimumEffect;
  for (const setting of settings) {
    const value = draw(setting.parameters);
    if (value <= highest || !isFree(setting)) continue;
    highest = value;
    best = setting;
  }
  return best;
}
