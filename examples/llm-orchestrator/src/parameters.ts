/** What may be tuned, with the base values; trimtab.yaml says the same to the controller, and a test holds both together. */
import type { ParameterSpace } from "@trimtab/conventions";
import type { OperationName } from "./configuration.ts";
import { TEMPLATES } from "./prompt-templates.ts";

/** The models that may be chosen, as in providers.yaml; the first is the base. */
const MODELS = ["aurora/large", "aurora/small", "borealis/writer", "cirrus/mini"] as const;

/** The parameters of each operation. */
export const PARAMETERS = {
  /** A song. */
  generate_lyrics: {
    model: { type: "choice", base: "aurora/large", choices: MODELS },
    template: { type: "choice", base: "plain", choices: TEMPLATES },
    temperature: { type: "number", base: 0.7, min: 0.3, max: 1.3, step: 0.2 },
  },
  /** What follows an error. */
  recover: {
    next: { type: "choice", base: "same_provider", choices: ["same_provider", "next_provider"] },
    waitMilliseconds: { type: "integer", base: 400, min: 0, max: 800, step: 100 },
  },
  /** One request. */
  call_provider: {
    timeoutMilliseconds: { type: "integer", base: 3200, min: 800, max: 3200, step: 400 },
  },
} as const satisfies Record<OperationName, ParameterSpace>;
