/** What "better" means where the module learns in its own process; to a controller trimtab.yaml says the same, and a test holds both together. */
import type { LearningDeclaration } from "@trimtab/module-kit";
import type { OperationName } from "./configuration.ts";

/** The share of the calls that keeps the base values for ever. */
const HOLDOUT = 0.1;

/** Objective and holdout of each operation. */
export const LEARNING: Readonly<Record<OperationName, LearningDeclaration>> = {
  generate_lyrics: {
    holdout: HOLDOUT,
    objective: {
      quality: { weight: 0.6 },
      cost: { weight: 0.1, unit: "usd", reference: 0.003 },
      success: { weight: 0.1 },
      latency: { weight: 0.1, goodSeconds: 0.05, badSeconds: 3 },
      feedback: { weight: 0.1 },
    },
  },
  recover: {
    holdout: 0.2, // errors are few
    objective: {
      success: { weight: 0.3 },
      latency: { weight: 0.4, goodSeconds: 0.05, badSeconds: 4 },
      quality: { weight: 0.3 },
    },
  },
  call_provider: {
    holdout: HOLDOUT,
    objective: { success: { weight: 0.2 }, latency: { weight: 0.8, goodSeconds: 0.05, badSeconds: 4 } },
  },
};
