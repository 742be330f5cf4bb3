/** What is true in a run, remembered per context, epoch and setting: truth may be dear, and runs are long. */
import { type OutsideSetting, type SpecificationSpace, spaceOf } from "@trimtab/learning";
import type { Environment, Truth } from "../environment.ts";

/** What can be had in a context at a time. */
export interface Stakes {
  /** Utility of the base values. */
  readonly base: number;
  /** Best utility of a setting that keeps the limits; never less than the base. */
  readonly best: number;
  /** Mean over all settings: a uniform choice. */
  readonly uniform: number;
  /** Between the best and the worst setting. */
  readonly spread: number;
}

/** One setting at one time. */
export interface SettingTruth {
  readonly utility: number;
  readonly breaksLimit: boolean;
}

const LARGEST_GRID = 20_000;

/** The truth of one run. */
export class TruthBook {
  readonly space: SpecificationSpace;
  private readonly truth: Truth;
  private readonly settings: readonly OutsideSetting[];
  private readonly stakes = new Map<string, Stakes>();
  private readonly known = new Map<string, SettingTruth>();

  /** @throws {RangeError} where the grid is too large to search. */
  constructor({ name, specification }: Environment, truth: Truth) {
    this.truth = truth;
    this.space = spaceOf(specification);
    if (truth.settings === undefined && this.space.size > LARGEST_GRID) {
      throw new RangeError(
        `Environment "${name}" has a grid of ${this.space.size} settings, too many to search; let its truth name the settings to choose from`,
      );
    }
    this.settings = truth.settings ?? this.space.settings();
  }

  /** What can be had in a context. */
  stakesOf(context: string, cycle: number): Stakes {
    const place = this.placeOf(context, cycle);
    const before = this.stakes.get(place);
    if (before !== undefined) return before;
    const all = this.settings.map((setting) => this.lookUp(context, setting, cycle));
    const base = this.of(context, this.space.base, cycle).utility;
    const utilities = all.map((each) => each.utility);
    const stakes = {
      base,
      best: all.reduce((best, each) => (each.breaksLimit ? best : Math.max(best, each.utility)), base),
      uniform: utilities.reduce((sum, utility) => sum + utility, 0) / Math.max(1, utilities.length),
      spread:
        utilities.reduce((high, utility) => Math.max(high, utility), base) -
        utilities.reduce((low, utility) => Math.min(low, utility), base),
    };
    this.stakes.set(place, stakes);
    return stakes;
  }

  /** The best setting of a context that keeps the limits: what an oracle serves. */
  bestOf(context: string, cycle: number): OutsideSetting {
    let best = this.space.base;
    let { utility } = this.of(context, best, cycle);
    for (const setting of this.settings) {
      const truth = this.lookUp(context, setting, cycle);
      if (truth.breaksLimit || truth.utility <= utility) continue;
      best = setting;
      ({ utility } = truth);
    }
    return best;
  }

  /**
   * One setting.
   *
   * @throws {RangeError} where its utility is no number: whatever were scored against it would look good.
   */
  of(context: string, setting: OutsideSetting, cycle: number): SettingTruth {
    const key = `${this.placeOf(context, cycle)} ${this.keyOf(setting)}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const found = this.lookUp(context, setting, cycle);
    this.known.set(key, found);
    return found;
  }

  /** The settings's values as one text, the same in whatever order they are written. */
  keyOf(setting: OutsideSetting): string {
    return JSON.stringify(Object.keys(this.space.base).map((name) => setting[name]));
  }

  private placeOf(context: string, cycle: number): string {
    return `${context} ${this.truth.epoch?.(context, cycle) ?? cycle}`;
  }

  private lookUp(context: string, setting: OutsideSetting, cycle: number): SettingTruth {
    const breaks = this.truth.breaksLimit?.(context, setting, cycle) ?? false;
    const isForgiven = breaks && (this.truth.breaksLimit?.(context, this.space.base, cycle) ?? false);
    const utility = this.truth.utility(context, setting, cycle);
    if (!Number.isFinite(utility)) {
      const what = JSON.stringify(setting);
      throw new RangeError(`The truth's utility of ${what} in context "${context}", cycle ${cycle}, is ${utility}`);
    }
    return { utility, breaksLimit: breaks && !isForgiven };
  }
}
