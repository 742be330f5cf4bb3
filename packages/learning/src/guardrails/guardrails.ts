/** The list of guardrails, in the order in which they are asked. Nothing else knows all of them. */
import type { Reason } from "../decision/decision.ts";
import type { Guardrail, GuardrailEffect, GuardrailSubject } from "./guardrail.ts";
import { HARM } from "./harm.ts";
import { LARGEST_STEP } from "./largest-step.ts";
import { OSCILLATION } from "./oscillation.ts";
import { OUTCOME_LIMITS } from "./outcome-limits.ts";
import { PARAMETER_BOUNDS } from "./parameter-bounds.ts";
import { REST } from "./rest.ts";
import { SAMPLE_RATIO } from "./sample-ratio-judgement.ts";
import { SERVICE_STOP } from "./service-stop.ts";

const LIST: readonly Guardrail[] = [
  SERVICE_STOP,
  OUTCOME_LIMITS,
  HARM,
  SAMPLE_RATIO,
  PARAMETER_BOUNDS,
  REST,
  LARGEST_STEP,
  OSCILLATION,
];

/** The ids of all guardrails, in the order in which they are asked. */
export const GUARDRAIL_IDS: readonly string[] = LIST.map(({ id }) => id);

/** What follows of what a guardrail says, or undefined where there is no such guardrail. */
export function guardrailEffect(id: string): GuardrailEffect | undefined {
  return LIST.find((guardrail) => guardrail.id === id)?.effect;
}

/** The guardrails with one effect, in the order in which they are asked. */
export function guardrailsThat(effect: GuardrailEffect): readonly Guardrail[] {
  return LIST.filter((guardrail) => guardrail.effect === effect);
}

/** What the first guardrail with this effect that has something against the setting says; undefined where none has. */
export function objectionOf(effect: GuardrailEffect, subject: GuardrailSubject): Reason | undefined {
  for (const guardrail of guardrailsThat(effect)) {
    const judgement = guardrail.judge(subject);
    if (judgement.verdict === "passed") continue;
    // what does not run yet has to be known to be allowed; what runs goes on until something is known against it
    if (judgement.verdict === "violated" || effect === "refuse")
      return { code: judgement.code, sentence: judgement.sentence };
  }
  return undefined;
}
