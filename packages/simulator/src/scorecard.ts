/** What a run was worth, measured against what is true and no learner can see. */
import { type Context, type ParameterValues, valuesOf } from "@trimtab/conventions";
import type { Simulation } from "./simulate.ts";
import { breaksLimit, trueUtility, type World } from "./world.ts";

/** The scores of one run. */
export interface Scorecard {
  /**
   * Utility that was missed, as a share of what could be won over the base values: 0 for an oracle, 1 for the base values for ever.
   * Where nothing can be won it is the utility lost against the base values, in units of what a uniform choice would lose.
   */
  readonly regret: number;
  /** The same over the last quarter of the run. */
  readonly lastQuarterRegret: number;
  /** Applied changes to something that is truly no better, per context. */
  readonly falseChanges: number;
  /** Applied changes per context. */
  readonly changes: number;
  /** Share of the calls, 0 to 1, on settings that break a limit while the base values do not. */
  readonly violatingTraffic: number;
  /** The smallest share that the base values had in any context and cycle. */
  readonly smallestBaselineShare: number;
  /** The first cycle from which the served utility holds 80 % of what can be won, or undefined. */
  readonly cyclesToLift: number | undefined;
}

/** An improvement smaller than this is none. */
const NO_BETTER = 0.001;

/** Scores a run. */
export function score({ world, cycles }: Simulation): Scorecard {
  const truth = new Truth(world);
  const perCycle: { won: number; winnable: number; uniform: number }[] = [];
  let calls = 0;
  let violating = 0;
  let changes = 0;
  let falseChanges = 0;
  let smallestBaselineShare = 1;
  cycles.forEach(({ served, decision, seconds }, index) => {
    const at = (cycles[index - 1]?.seconds ?? 0) as number;
    const sum = { won: 0, winnable: 0, uniform: 0 };
    for (const { context, allocation, variant, calls: count } of served) {
      const parameters = allocation.variants.find(({ id }) => id === variant)?.parameters;
      const { base, best, mean } = truth.of(context, at);
      if (parameters === undefined) continue;
      const behaviour = world.behaviour(parameters, context, at);
      sum.won += count * (trueUtility(world, behaviour) - base);
      sum.winnable += count * (best - base);
      sum.uniform += count * (base - mean);
      calls += count;
      if (truth.breaks(parameters, context, at)) violating += count;
    }
    perCycle.push(sum);
    for (const { variants, context } of decision.allocations) {
      if (Object.keys(context).length < world.policy.context.length) continue;
      const baseline = variants.find(({ role }) => role === "baseline")?.weight ?? 0;
      smallestBaselineShare = Math.min(smallestBaselineShare, baseline);
    }
    const seen = new Set<string>();
    for (const { changeId, basis, status, context } of decision.adaptations) {
      if (status !== "applied" || seen.has(changeId)) continue;
      seen.add(changeId);
      changes += 1;
      const before = trueUtility(world, world.behaviour(basis.from.parameters, context, seconds));
      const after =
        basis.to === undefined ? before : trueUtility(world, world.behaviour(basis.to.parameters, context, seconds));
      if (after - before < NO_BETTER) falseChanges += 1;
    }
  });
  const contexts = Math.max(1, world.traffic.length);
  return {
    regret: regretOf(perCycle),
    lastQuarterRegret: regretOf(perCycle.slice(Math.floor(perCycle.length * 0.75))),
    falseChanges: falseChanges / contexts,
    changes: changes / contexts,
    violatingTraffic: calls === 0 ? 0 : violating / calls,
    smallestBaselineShare,
    cyclesToLift: cyclesToLift(perCycle),
  };
}

/** Every setting of a world's grid, at most a few thousand. */
export function gridOf({ policy }: World): ParameterValues[] {
  let settings: ParameterValues[] = [{}];
  for (const [name, specification] of Object.entries(policy.parameters)) {
    settings = settings.flatMap((setting) => valuesOf(specification).map((value) => ({ ...setting, [name]: value })));
  }
  return settings;
}

/** What is best in truth, remembered per context and distinct world: worlds change rarely, runs are long. */
class Truth {
  private readonly world: World;
  private readonly grid: readonly ParameterValues[];
  private readonly base: ParameterValues;
  private readonly known = new Map<string, { base: number; best: number; mean: number }>();

  constructor(world: World) {
    this.world = world;
    this.grid = gridOf(world);
    this.base = Object.fromEntries(Object.entries(world.policy.parameters).map(([name, { base }]) => [name, base]));
  }

  of(context: Context, seconds: number): { base: number; best: number; mean: number } {
    const key = JSON.stringify([
      context,
      this.world.behaviour(this.base, context, seconds),
      this.epoch(context, seconds),
    ]);
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const utility = (parameters: ParameterValues): number =>
      trueUtility(this.world, this.world.behaviour(parameters, context, seconds));
    const allowed = this.grid.filter((parameters) => !this.breaks(parameters, context, seconds));
    const utilities = this.grid.map(utility);
    const base = utility(this.base);
    const best = Math.max(base, ...allowed.map(utility));
    const found = { base, best, mean: utilities.reduce((sum, value) => sum + value, 0) / utilities.length };
    this.known.set(key, found);
    return found;
  }

  breaks(parameters: ParameterValues, context: Context, seconds: number): boolean {
    if (this.world.policy.constraints.length === 0) return false;
    const baseline = this.world.behaviour(this.base, context, seconds);
    if (breaksLimit(this.world, baseline, baseline)) return false;
    return breaksLimit(this.world, this.world.behaviour(parameters, context, seconds), baseline);
  }

  /** Worlds that change at a time for some settings only are told apart by the corners of the grid. */
  private epoch(context: Context, seconds: number): string {
    const stride = Math.max(1, Math.floor(this.grid.length / 16));
    const some = this.grid.filter((_, index) => index % stride === 0);
    return JSON.stringify(some.map((parameters) => this.world.behaviour(parameters, context, seconds)));
  }
}

type Won = { readonly won: number; readonly winnable: number; readonly uniform: number };

function regretOf(cycles: readonly Won[]): number {
  const total = cycles.reduce((sum, cycle) => addWon(sum, cycle), { won: 0, winnable: 0, uniform: 0 });
  if (total.winnable > 1e-9) return 1 - total.won / total.winnable;
  return total.uniform > 1e-9 ? -total.won / total.uniform : 0;
}

function addWon(left: Won, right: Won): Won {
  return { won: left.won + right.won, winnable: left.winnable + right.winnable, uniform: left.uniform + right.uniform };
}

/** Over ten cycles at a time, because single cycles are noisy. */
function cyclesToLift(cycles: readonly Won[]): number | undefined {
  for (let end = 10; end <= cycles.length; end++) {
    const total = cycles
      .slice(end - 10, end)
      .reduce((sum, cycle) => addWon(sum, cycle), { won: 0, winnable: 0, uniform: 0 });
    if (total.winnable > 1e-9 && total.won / total.winnable >= 0.8) return end;
  }
  return undefined;
}
