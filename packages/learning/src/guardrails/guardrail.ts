/**
 * The port of guardrails: may this setting be served in this context?
 *
 * A guardrail only judges. What follows is its effect, and `decide` sees to it: a guardrail never knows who asks, and `decide` never
 * knows which one has spoken.
 */
import type { AllocatedVariant, VariantId } from "@trimtab/conventions";
import type { ReasonCode } from "../decision/reasons.ts";
import type { Measurements } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import type { LimitMemory } from "./limit-counts.ts";
import type { SampleRatioMemory } from "./sample-ratio.ts";

/** What a context remembers that guardrails judge by; a part of its memory. */
export interface GuardrailMemory {
  readonly limits: LimitMemory;
  readonly ratio: SampleRatioMemory;
  /** e-CUSUM of the incumbent against the holdout; empty where they were not compared yet. */
  readonly harm: readonly number[];
  /** The latest adoptions, oldest first. */
  readonly adoptions: readonly { readonly variant: VariantId; readonly cycle: number }[];
}

/** A setting in a context in one cycle: what is judged. */
export interface GuardrailSubject {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly incumbent: Setting;
  /** The setting that is judged: one that is served, or one that shall be. */
  readonly setting: Setting;
  /** What it is served as; absent where it is not served yet. */
  readonly role?: AllocatedVariant["role"];
  readonly memory: GuardrailMemory;
  /** This cycle's measurements; a variant without calls is absent. */
  readonly measured: ReadonlyMap<VariantId, Measurements>;
  /** Variants that were taken back or turned down and rest. */
  readonly barred: ReadonlySet<VariantId>;
  /** Usable cycles of the operation so far. */
  readonly cycle: number;
}

/** What a guardrail says of a setting. Where nothing was measured that is unknown, and never passed. */
export type GuardrailJudgement = {
  /** One sentence for people, with the numbers in it. */
  readonly sentence: string;
  /** The same numbers by name, all of them finite; none where nothing is known. */
  readonly numbers: Readonly<Record<string, number>>;
} & (
  | { readonly verdict: "passed" }
  | {
      readonly verdict: "violated" | "unknown" /** The reason that a decision carries for it. */;
      readonly code: ReasonCode;
    }
);

/**
 * What follows.
 *
 * - take-back: asked in every cycle of everything that is served beside the base values; violated takes the setting back at once.
 * - hold: asked in every cycle of a context; while violated nothing is learnt or changed in it.
 * - refuse: asked of every setting before it runs or is adopted; all but passed keeps it from being served.
 * - rest: asked of a setting before it is adopted; violated keeps it from being served for a while.
 */
export type GuardrailEffect = "take-back" | "hold" | "refuse" | "rest";

/** One guardrail. */
export interface Guardrail {
  /** As in file names and in docs/guardrails. */
  readonly id: string;
  readonly effect: GuardrailEffect;
  judge(subject: GuardrailSubject): GuardrailJudgement;
}
