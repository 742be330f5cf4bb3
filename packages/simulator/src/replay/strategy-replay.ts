/**
 * What another strategy would have served on recorded evidence, cycle by cycle, and what can be said of the difference.
 *
 * The other strategy runs its own loop through `decide`, in mode auto, from the same start; it sees of each cycle what it would have
 * seen (thinned-evidence.ts). As long as it serves what was served, it sees exactly what was recorded, so the strategy that was in force
 * gives itself back, call for call, with a difference of 0.
 */
import { canonicalContext, type ParameterValues } from "@trimtab/conventions";
import {
  type Act,
  callsOf,
  decide,
  type EvidenceCell,
  type Measurements,
  type OperationPolicy,
  type OperationState,
  type StrategyChoice,
  type StrategyDefinitions,
} from "@trimtab/learning";
import { ContextTally, type ReplayedContext, type ReplayTotals, totalsOf } from "./context-tally.ts";
import { InForce, idOf, isSameShares, type RecordedCycle } from "./recorded-cycle.ts";
import { thinnedEvidence } from "./thinned-evidence.ts";

/** What a replay says. */
export interface StrategyReplay {
  readonly component: string;
  readonly operation: string;
  /** Strategies that were in force while it was recorded. */
  readonly recorded: readonly StrategyChoice[];
  readonly other: StrategyChoice;
  /** First and last cycle. */
  readonly first: number;
  readonly last: number;
  /** From the beginning of the first window to the end of the last, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly cycles: number;
  /** Cycles whose evidence could not be read. */
  readonly unreadable: number;
  /** The first cycle after which the other strategy would have served something else somewhere; absent where it never would. */
  readonly divergedAfter?: number;
  readonly contexts: readonly ReplayedContext[];
  readonly all: ReplayTotals;
  /** Is a part of the objective left out of the utilities, because it arrives later than the calls? */
  readonly withoutRatings: boolean;
}

/** Another strategy beside recorded cycles. Feed it cycles, oldest first. */
export class StrategyReplayer {
  private readonly choice: StrategyChoice | undefined;
  private readonly strategies: StrategyDefinitions;
  private readonly recorded = new InForce();
  private readonly other = new InForce();
  private readonly tallies = new Map<string, ContextTally>();
  private readonly parameters = new Map<string, ParameterValues>();
  private readonly seenStrategies = new Map<string, StrategyChoice>();
  private state: OperationState | undefined;
  private isStarted = false;
  private first: RecordedCycle | undefined;
  private last: RecordedCycle | undefined;
  private cycles = 0;
  private unreadable = 0;
  private divergedAfter: number | undefined;

  /**
   * @param choice The other strategy; by default the one in force, had it been in mode auto.
   * @param strategies Strategies of one's own by id, for choices that name a module.
   */
  constructor(choice: StrategyChoice | undefined, strategies: StrategyDefinitions) {
    this.choice = choice;
    this.strategies = strategies;
  }

  /** Takes the next cycle. Until there is one to start from (the first of all, or one after a kept state), cycles are passed over. */
  add(record: RecordedCycle): void {
    if (!this.isStarted) {
      this.isStarted = record.cycle === 1 || record.state !== undefined;
      if (record.cycle !== 1) {
        this.state = record.state;
        this.recorded.decided(record.decision.at, record.decision.allocations);
        this.other.decided(record.decision.at, record.decision.allocations);
        return;
      }
    }
    this.replay(record);
  }

  /** What came out; undefined where no cycle could be replayed. */
  report(): StrategyReplay | undefined {
    const { first, last, tallies } = this;
    if (first === undefined || last === undefined) return undefined;
    const contexts = [...tallies]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, tally]) => tally.close(this.parameters));
    return {
      component: last.policy.component,
      operation: last.policy.operation,
      recorded: [...this.seenStrategies.values()],
      other: this.choice ?? last.policy.strategy,
      first: first.cycle,
      last: last.cycle,
      from: first.evidence.window.from,
      to: last.evidence.window.to,
      cycles: this.cycles,
      unreadable: this.unreadable,
      ...(this.divergedAfter === undefined ? {} : { divergedAfter: this.divergedAfter }),
      contexts,
      all: totalsOf(contexts),
      withoutRatings: last.policy.objective.feedback !== undefined,
    };
  }

  private replay(record: RecordedCycle): void {
    const { cycle, evidence, decision, seed } = record;
    const policy = this.policyOf(record.policy);
    this.first ??= record;
    this.last = record;
    this.cycles += 1;
    if (evidence.cells.kind === "value") this.tally(record, evidence.cells.value);
    else this.unreadable += 1;
    const seen = thinnedEvidence(evidence, policy.context, (context) => ({
      recorded: this.recorded.during(evidence, context, policy),
      other: this.other.during(evidence, context, policy),
    }));
    const acts = this.actsOf(record);
    const output = decide({
      policy,
      state: this.state,
      evidence: seen,
      now: decision.at,
      seed,
      strategies: this.strategies,
      ...(acts.length === 0 ? {} : { acts }),
      ...(this.divergedAfter === undefined ? {} : { areSharesElsewhere: true }),
    });
    // as a store gives it back
    this.state = JSON.parse(JSON.stringify(output.state)) as OperationState;
    this.recorded.decided(decision.at, decision.allocations);
    this.other.decided(decision.at, output.decision.allocations);
    for (const { variants } of [...decision.allocations, ...output.decision.allocations])
      for (const { id, parameters } of variants) this.parameters.set(id, parameters);
    if (this.divergedAfter === undefined && this.hasDiverged(record, output.decision.allocations))
      this.divergedAfter = cycle;
  }

  /** People overrule whatever decides; but what they said about a change belongs to the strategy that had made it. */
  private actsOf({ acts = [] }: RecordedCycle): readonly Act[] {
    return this.divergedAfter === undefined ? acts : acts.filter((act) => !("change" in act));
  }

  private tally(record: RecordedCycle, cells: readonly EvidenceCell[]): void {
    const { policy, evidence } = record;
    const byContext = Map.groupBy(cells, ({ context }) => idOf(canonicalContext(context, policy.context)));
    for (const [id, list] of byContext) {
      const measured = new Map<string, Measurements>();
      for (const { variant, reading } of list)
        if (reading.kind === "value" && callsOf(reading.value) > 0) measured.set(variant, reading.value);
      if (measured.size === 0) continue;
      const context = canonicalContext(list[0]?.context ?? {}, policy.context);
      const tally = this.tallies.get(id) ?? new ContextTally(context);
      this.tallies.set(id, tally);
      const shares = (side: InForce) => side.during(evidence, context, policy);
      tally.add({ policy, measured, recorded: shares(this.recorded), other: shares(this.other) });
    }
  }

  private hasDiverged({ decision }: RecordedCycle, other: RecordedCycle["decision"]["allocations"]): boolean {
    const shares = new Map(decision.allocations.map(({ context, variants }) => [idOf(context), variants]));
    return (
      other.length !== shares.size ||
      other.some(({ context, variants }) => !isSameShares(shares.get(idOf(context)) ?? [], variants))
    );
  }

  /** The recorded policy with the other strategy, in mode auto. Its own is kept where no other is asked for. */
  private policyOf(recorded: OperationPolicy): OperationPolicy {
    this.seenStrategies.set(JSON.stringify(recorded.strategy), recorded.strategy);
    if (this.choice === undefined) return { ...recorded, mode: "auto" };
    const { experiment: _experiment, ...policy } = recorded; // it compared the recorded strategy with yet another one
    return { ...policy, mode: "auto", strategy: this.choice };
  }
}
