/** How one cycle runs through its contexts: observe, take back, ask the strategy, apply, serve. */
import { type Allocation, type ContextId, canonicalJson, shortDigest } from "@trimtab/conventions";
import type { Act } from "../acts/act.ts";
import { leftToPerson } from "../acts/left-to-person.ts";
import {
  isSomebody,
  NOBODY,
  overriddenSetting,
  overrideOf,
  type PeopleMemory,
  peopleView,
} from "../acts/people-memory.ts";
import type { StandingOverride } from "../acts/people-view.ts";
import { takeActs } from "../acts/take-acts.ts";
import type { Histogram } from "../evidence/evidence.ts";
import type { ContextEvidence, Unusable } from "../evidence/evidence-quality.ts";
import { type DispersionSums, dispersionOf } from "../evidence/over-dispersion.ts";
import { learnTrouble, type Trouble } from "../guardrails/common-trouble.ts";
import { objectionOf } from "../guardrails/guardrails.ts";
import { siblingDurations } from "../guardrails/limit-counts.ts";
import { isSampleMismatched } from "../guardrails/sample-ratio.ts";
import { maximumContextsOf } from "../policy/maximum-contexts.ts";
import type { Setting } from "../policy/setting.ts";
import type { ContextObservation, ContextProposal, Strategy } from "../strategies/strategy.ts";
import { applyProposal, mayApply } from "./apply-proposal.ts";
import type { ArmGuard } from "./arm-guard.ts";
import { proposalOf, strategyOf } from "./ask-strategy.ts";
import { observationOf } from "./context-observation.ts";
import type { DecideInput, DecideOutput } from "./decide-input.ts";
import type { ActOutcome, Adaptation, AdaptationTransition, ContextDecision, Decision, Reason } from "./decision.ts";
import { type FeedbackInbox, openInbox, stillWaiting } from "./feedback-inbox.ts";
import { EVERY_CONTEXT, held, missingReason, noCallsReason } from "./hold-reasons.ts";
import { liftOf } from "./lift.ts";
import { type ContextObserved, observeContext } from "./observe-context.ts";
import {
  type ContextMemory,
  closeMemory,
  limitContexts,
  newContextMemory,
  type OperationMemory,
} from "./operation-state.ts";
import { barredVariants, breakerReason, breakerState, HALF_OPEN_SHARE, rollBack } from "./roll-back.ts";
import { challengersOf, servedContext } from "./serve-context.ts";
import type { Serving } from "./shares.ts";

/** One run of `decide`: what it has gathered so far. Never outlives it. */
export class DecisionTurn {
  readonly transitions: AdaptationTransition[] = [];
  private readonly input: DecideInput;
  private readonly guard: ArmGuard | undefined;
  private readonly baseline: Setting;
  private readonly id: string;
  private readonly memory: OperationMemory;
  private readonly contexts: Map<ContextId, ContextMemory>;
  private readonly outcomes = new Map<ContextId, Omit<ContextDecision, "context" | "lift">>();
  private readonly adaptations: Adaptation[] = [];
  private readonly inbox: FeedbackInbox;
  private cycle: number;
  private dispersion: DispersionSums;
  private shared: OperationMemory["shared"];
  private people: PeopleMemory;
  private actOutcomes: readonly ActOutcome[] = [];
  /** Contexts that an act of this decision is about: the evidence is older than the act. */
  private readonly settled = new Set<ContextId>();
  private mayExplore = false;
  private siblings: Histogram | undefined;
  private trouble: readonly Trouble[];

  constructor(input: DecideInput, baseline: Setting, memory: OperationMemory, guard?: ArmGuard) {
    const { policy, evidence, now } = input;
    const { window } = evidence;
    this.input = input;
    this.guard = guard;
    this.baseline = baseline;
    this.memory = memory;
    const acts = (input.acts ?? []).map(({ id }) => id); // two may come in one millisecond
    this.id = `d-${shortDigest(canonicalJson([policy.component, policy.operation, window.from, window.to, now, memory.space, memory.aims, ...acts]))}`;
    this.people = memory.people ?? NOBODY;
    this.contexts = new Map(Object.entries(memory.contexts));
    if (!this.contexts.has(EVERY_CONTEXT)) this.contexts.set(EVERY_CONTEXT, newContextMemory(policy, {}, baseline));
    this.inbox = openInbox(memory.feedback, policy.mode === "observe" ? undefined : evidence.feedback, policy.context);
    this.cycle = memory.cycle;
    this.dispersion = memory.dispersion;
    this.trouble = memory.trouble ?? [];
    this.shared = memory.shared;
  }

  /** What people did, and the ends that they gave to what they had set. */
  takeActs(acts: readonly Act[], ended: readonly ActOutcome[]): void {
    const { policy, now } = this.input;
    this.actOutcomes = ended;
    if (acts.length === 0 && policy.reset === undefined && !isSomebody(this.people)) return;
    for (const [id, { context }] of Object.entries(this.people.overrides)) {
      // a restart forgets the contexts, and not what a person set
      if (!this.contexts.has(id)) this.contexts.set(id, newContextMemory(policy, context, this.baseline));
    }
    const turn = {
      policy,
      baseline: this.baseline,
      now,
      cycle: this.cycle,
      contexts: this.contexts,
      transitions: this.transitions,
      people: this.people,
      shared: this.shared,
      strategy: () => strategyOf(this.input),
      serve: (id: ContextId, memory: ContextMemory, challengers: Serving["challengers"]) => {
        this.people = turn.people;
        this.serve(id, memory, challengers);
      },
      settle: (id: ContextId, kind: ContextDecision["kind"], reason: Reason) => {
        this.outcomes.set(id, { kind, reason, refused: [] });
        this.settled.add(id);
      },
    };
    this.actOutcomes = [...ended, ...takeActs(turn, acts)];
    this.people = turn.people;
    this.shared = turn.shared;
  }

  /** What the policy asks for whatever the evidence says: mode observe, and a holdout that was made larger. */
  keepPolicy(): void {
    const { policy } = this.input;
    for (const [id, memory] of this.contexts) {
      const override = this.overrideOf(memory);
      // under a freeze what is served stays as it is, also the shares of an override that is served already
      if (this.people.frozen !== null && (override === undefined || this.isServed(override, memory))) continue;
      if (override !== undefined) {
        this.serve(id, memory, []);
        continue;
      }
      const share = memory.allocation.variants.find((variant) => variant.id === this.baseline.id)?.weight ?? 0;
      if (policy.mode === "observe") this.serveBaseline(id, memory);
      else if (share < policy.holdout) this.serve(id, memory, challengersOf(memory.allocation.variants));
    }
  }

  /** Nothing could be read: nothing changes. */
  holdEverything(unusable: Unusable): void {
    const { window } = this.input.evidence;
    const reason: Reason =
      window.from === window.to && this.input.acts !== undefined
        ? { code: "NO_NEW_WINDOW", sentence: "The decision was made for a person's act; nothing else was looked at." }
        : missingReason(unusable);
    for (const id of this.contexts.keys()) this.hold(id, reason);
  }

  /** Learns from what was read and decides each context. */
  decideContexts(found: ReadonlyMap<ContextId, ContextEvidence>): void {
    const { policy } = this.input;
    this.cycle += 1;
    for (const [id, evidence] of found) this.discover(id, evidence.context);
    for (const [id, [entry]] of this.inbox) if (entry !== undefined) this.discover(id, entry.context);
    // before anything is learnt or served there: what is forgotten at once would cost as much as what is remembered
    const isSeen = (id: ContextId): boolean => {
      const evidence = found.get(id);
      return evidence?.unusable === undefined && ((evidence?.measured.size ?? 0) > 0 || this.inbox.has(id));
    };
    const maximum = maximumContextsOf(policy);
    limitContexts(
      this.contexts,
      maximum,
      (id, { lastSeen }) => (isSeen(id) ? this.cycle : lastSeen),
      this.people.overrides,
    );
    const strategy = strategyOf(this.input);
    this.siblings = siblingDurations(
      [...this.contexts.values()].map(({ limits }) => limits),
      policy.constraints,
    );
    this.trouble = learnTrouble(
      this.trouble,
      policy.constraints,
      this.baseline.id,
      [...found]
        .sort(([left], [right]) => (left < right ? -1 : 1)) // sums of fractions depend on their order
        .flatMap(([id, { measured, unusable }]) => {
          const limits = this.contexts.get(id)?.limits;
          return limits === undefined || unusable !== undefined ? [] : [{ limits, measured }];
        }),
    );
    const observations: ContextObservation[] = [];
    for (const id of [...this.contexts.keys()].sort()) {
      const evidence = found.get(id);
      if (evidence?.unusable !== undefined) this.hold(id, missingReason(evidence.unusable));
      else if ((evidence === undefined || evidence.measured.size === 0) && !this.inbox.has(id))
        this.hold(id, noCallsReason(id, policy));
      else {
        if ((evidence?.measured.size ?? 0) > 0) this.mayExplore = true; // feedback alone says nothing about those who call now
        const { context } = this.contexts.get(id) as ContextMemory;
        const observation = this.observe(id, evidence ?? { context, measured: new Map() }, strategy);
        if (observation !== undefined) observations.push(observation);
      }
    }
    if (observations.length > 0) this.consult(strategy, observations);
  }

  /** Under a freeze nothing new is served: the calls of a new context go on having what its nearest ancestor has. */
  private discover(id: ContextId, context: ContextMemory["context"]): void {
    if (this.contexts.has(id) || this.people.frozen !== null) return;
    const memory = newContextMemory(this.input.policy, context, this.baseline);
    this.contexts.set(id, memory);
    if (this.overrideOf(memory) !== undefined) this.serve(id, memory, []);
  }

  /** The decision, and the state after it. */
  finish(at: number): DecideOutput {
    const { policy, evidence } = this.input;
    limitContexts(this.contexts, maximumContextsOf(policy), (_id, { lastSeen }) => lastSeen, this.people.overrides); // overrides bring contexts too
    const contexts = Object.fromEntries([...this.contexts].sort(([left], [right]) => (left < right ? -1 : 1)));
    const decisions: ContextDecision[] = [];
    const allocations: Allocation[] = [];
    for (const [id, memory] of Object.entries(contexts)) {
      const outcome = this.outcomes.get(id) ?? held(noCallsReason(id, policy));
      const lift = liftOf(memory.lift ?? undefined, this.servedSetting(memory), this.baseline, policy.objective);
      const breaker = breakerState(memory, this.cycle);
      decisions.push({
        context: memory.context,
        ...outcome,
        ...(lift === undefined ? {} : { lift }),
        ...(breaker === "closed" ? {} : { breaker }),
        ...(isSampleMismatched(memory.ratio) ? { isSampleMismatched: true as const } : {}),
      });
      allocations.push(memory.allocation);
    }
    const { component, operation } = policy;
    return {
      decision: {
        component,
        operation,
        id: this.id,
        at,
        window: evidence.window,
        contexts: decisions,
        adaptations: this.adaptations,
        transitions: this.transitions,
        allocations,
        mayExplore: this.mayExplore,
        ...this.peopleOfDecision(),
      },
      state: closeMemory({
        ...this.memory,
        cycle: this.cycle,
        dispersion: this.dispersion,
        ...(policy.constraints.length === 0 ? {} : { trouble: this.trouble }),
        shared: this.shared,
        contexts,
        ...withFeedback(this.memory, this.inbox),
        ...(this.memory.people === undefined && !isSomebody(this.people) ? {} : { people: this.people }),
      }),
    };
  }

  private hold(id: ContextId, reason: Reason): void {
    if (!this.settled.has(id)) this.outcomes.set(id, held(reason));
  }

  private overrideOf(memory: ContextMemory | undefined): StandingOverride | undefined {
    return memory === undefined ? undefined : overrideOf(this.people, memory.context, this.input.policy.context);
  }

  private isServed(override: StandingOverride, { allocation, incumbent }: ContextMemory): boolean {
    const set = overriddenSetting(override, incumbent, this.baseline);
    const ids = allocation.variants.map(({ id }) => id);
    return ids.includes(set.id) && ids.every((id) => id === set.id || id === this.baseline.id);
  }

  /** What is served beside the holdout and the challengers: the incumbent, or what a person has set instead. */
  private servedSetting(memory: ContextMemory): Setting {
    const override = this.overrideOf(memory);
    return override === undefined ? memory.incumbent : overriddenSetting(override, memory.incumbent, this.baseline);
  }

  private peopleOfDecision(): Pick<Decision, "acts" | "people"> {
    const people = peopleView(this.people, this.input.policy);
    const acts = this.actOutcomes;
    return { ...(acts.length === 0 ? {} : { acts }), ...(people === undefined ? {} : { people }) };
  }

  /** Learns from a context's measurements, and takes back at once what must not go on. */
  private observe(id: ContextId, evidence: ContextEvidence, strategy: Strategy): ContextObservation | undefined {
    const { policy } = this.input;
    const before = this.contexts.get(id) as ContextMemory;
    const observed = observeContext(before, evidence.measured, {
      policy,
      baseline: this.baseline,
      window: this.input.evidence.window,
      rule: strategy.windowRule,
      cycle: this.cycle,
      dispersion: this.dispersion,
      overDispersion: dispersionOf(this.memory.dispersion),
      siblings: this.siblings,
      whole: this.guard?.contexts.get(id),
      areSharesElsewhere: this.input.areSharesElsewhere ?? false,
      trouble: this.trouble,
    });
    this.dispersion = observed.dispersion;
    this.contexts.set(id, observed.memory);
    const left = leftToPerson(this.people, this.overrideOf(observed.memory), observed.breaches);
    if (left !== undefined && !(this.settled.has(id) && observed.breaches.length === 0)) this.outcomes.set(id, left);
    if (left !== undefined || this.settled.has(id)) return undefined;
    if (policy.mode === "observe") {
      this.hold(id, {
        code: "OBSERVING",
        sentence: "The operation is in mode observe: every call has the base values.",
      });
      return undefined;
    }
    if (observed.breaches.length > 0) this.takeBack(id, observed);
    const memory = this.contexts.get(id) as ContextMemory;
    if (breakerState(memory, this.cycle) === "open") {
      if (observed.breaches.length === 0) this.hold(id, breakerReason(memory, this.cycle));
      return undefined;
    }
    const { baseline, cycle } = this;
    const stop = observed.breaches.length === 0 ? this.objection(memory, evidence) : undefined;
    if (stop !== undefined) {
      this.hold(id, stop);
      return undefined;
    }
    const feedback = this.inbox.get(id);
    return observationOf({ id, memory, before, observed, evidence, feedback }, { policy, baseline, cycle });
  }

  /** Why nothing may be learnt from the context now; undefined where nothing speaks against it. */
  private objection(memory: ContextMemory, { measured }: ContextEvidence): Reason | undefined {
    const { baseline, cycle } = this;
    const { policy } = this.input;
    const { incumbent } = memory;
    const barred = barredVariants(memory, cycle);
    return objectionOf("hold", { policy, baseline, incumbent, setting: incumbent, memory, measured, barred, cycle });
  }

  private takeBack(id: ContextId, { memory, breaches }: ContextObserved): void {
    const rolled = rollBack(memory, breaches, this.baseline, this.cycle);
    this.transitions.push(...rolled.transitions);
    this.serve(id, rolled.memory, challengersOf(rolled.challengers));
    const [first, ...others] = breaches;
    const reason = first?.reason ?? { code: "INTERNAL_ERROR", sentence: "Nothing was taken back." };
    this.outcomes.set(id, { kind: "roll-back", reason, refused: others });
  }

  /** Asks the strategy and applies what it proposes, except where something was taken back in this cycle. */
  private consult(strategy: Strategy, observations: readonly ContextObservation[]): void {
    const { policy, evidence, now, seed } = this.input;
    const proposal = proposalOf(strategy, {
      policy,
      window: evidence.window,
      now,
      cycle: this.cycle,
      seed: `${seed} ${evidence.window.to}`,
      shared: this.shared ?? undefined,
      contexts: observations,
      mayApply: (confidence) => mayApply(policy, confidence),
    });
    if ("failure" in proposal) {
      for (const { id, takenBack } of observations) if (takenBack.length === 0) this.hold(id, proposal.failure);
      return;
    }
    this.shared = proposal.shared;
    for (const { id, takenBack } of observations) {
      this.inbox.delete(id);
      const proposed = proposal.contexts.get(id);
      if (takenBack.length > 0) {
        const memory = this.contexts.get(id) as ContextMemory;
        if (proposed !== undefined) this.contexts.set(id, { ...memory, strategy: proposed.memory });
      } else if (proposed === undefined)
        this.hold(id, { code: "COLLECTING", sentence: "The window of the context is not full yet." });
      else this.apply(id, proposed);
    }
  }

  private apply(id: ContextId, proposed: ContextProposal): void {
    const { policy, now } = this.input;
    const before = this.contexts.get(id) as ContextMemory;
    const outcome = applyProposal(before, proposed, {
      policy,
      baseline: this.baseline,
      now,
      cycle: this.cycle,
      place: this.guard?.place,
    });
    this.adaptations.push(...outcome.adaptations);
    this.transitions.push(...outcome.transitions);
    this.contexts.set(id, outcome.memory);
    if (outcome.challengers !== undefined) {
      const isHalfOpen = breakerState(before, this.cycle) === "half-open";
      const allowed = outcome.challengers.slice(0, isHalfOpen ? 1 : undefined);
      const challengers = allowed.map(({ setting, weight }) => ({
        setting,
        weight: isHalfOpen ? Math.min(weight, HALF_OPEN_SHARE) : weight,
      }));
      this.serve(id, outcome.memory, challengers);
    }
    const isUnchanged = this.contexts.get(id)?.allocation === before.allocation;
    const kind = outcome.kind === "shift" && isUnchanged ? "hold" : outcome.kind;
    this.outcomes.set(id, { kind, reason: outcome.reason, refused: outcome.refused });
  }

  private serveBaseline(id: ContextId, memory: ContextMemory): void {
    const reason: Reason = {
      code: "MODE_IS_OBSERVE",
      sentence: "The operation was set to mode observe, so the base values are served.",
    };
    for (const adaptation of Object.values(memory.applied))
      this.transitions.push({ id: adaptation, status: "rolled-back", reason });
    for (const adaptation of memory.suggestion?.ids ?? [])
      this.transitions.push({ id: adaptation, status: "superseded", reason });
    if (
      memory.incumbent.id === this.baseline.id &&
      memory.allocation.variants.length === 1 &&
      memory.suggestion === null
    )
      return;
    this.serve(
      id,
      { ...memory, incumbent: this.baseline, applied: {}, suggestion: null, harm: [], strategy: null },
      [],
    );
  }

  private serve(id: ContextId, memory: ContextMemory, challengers: Serving["challengers"]): void {
    const { policy, now } = this.input;
    const { baseline, cycle, id: decision } = this;
    const override = this.overrideOf(memory);
    const options = { policy, baseline, now, cycle, decision };
    if (override === undefined) this.contexts.set(id, servedContext(memory, challengers, options));
    else {
      const incumbent = overriddenSetting(override, memory.incumbent, baseline);
      const served = servedContext({ ...memory, incumbent }, [], options);
      this.contexts.set(id, { ...served, incumbent: memory.incumbent });
    }
  }
}

/** The state keeps the field only where something waits, or once did. */
function withFeedback(before: OperationMemory, inbox: FeedbackInbox): Pick<OperationMemory, "feedback"> {
  const waiting = stillWaiting(inbox);
  return waiting === undefined && before.feedback === undefined ? {} : { feedback: waiting ?? [] };
}
