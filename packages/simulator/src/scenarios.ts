/** Small services whose truth is known: each asks one question of a learner. */
import type { Context, ParameterSpace, ParameterValues } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import type { Behaviour, World } from "./world.ts";

const SPACE: ParameterSpace = {
  model: { type: "choice", base: "small", choices: ["small", "medium", "large"] },
  level: { type: "integer", base: 5, min: 1, max: 9 },
};

const POLICY: OperationPolicy = {
  component: "simulated",
  operation: "work",
  context: ["kind"],
  parameters: SPACE,
  objective: {
    quality: { weight: 0.6 },
    success: { weight: 0.2 },
    latency: { weight: 0.2, goodSeconds: 0.05, badSeconds: 5 },
  },
  constraints: [],
  mode: "auto",
  confidence: 0.7,
  holdout: 0.05,
  strategy: { kind: "response-surface", options: {} },
};

const STEADY: Behaviour = { successRate: 0.95, quality: 0.5, medianSeconds: 0.5 };

/** Contexts `kind=k0` and so on, each with the same traffic. */
function traffic(contexts: number, callsPerSecond: number): World["traffic"] {
  return Array.from({ length: contexts }, (_, index) => ({ context: { kind: `k${index}` }, callsPerSecond }));
}

/** Every setting does the same: whatever is changed is a mistake. */
export function tie(contexts = 3, callsPerSecond = 20): World {
  return { name: "tie", policy: POLICY, traffic: traffic(contexts, callsPerSecond), behaviour: () => STEADY };
}

/** One setting is best everywhere, and the way to it is smooth. */
export function clearWinner(contexts = 3, callsPerSecond = 20): World {
  return {
    name: "clear-winner",
    policy: POLICY,
    traffic: traffic(contexts, callsPerSecond),
    behaviour: (parameters) => peakedAt(parameters, "medium", 8),
  };
}

/** Each context has an optimum of its own. */
export function perContextOptimum(callsPerSecond = 20): World {
  const optima: Readonly<Record<string, readonly [string, number]>> = {
    k0: ["small", 2],
    k1: ["medium", 5],
    k2: ["large", 8],
  };
  return {
    name: "per-context-optimum",
    policy: POLICY,
    traffic: traffic(3, callsPerSecond),
    behaviour: (parameters, context) => {
      const [model, level] = optima[context["kind"] ?? ""] ?? ["small", 5];
      return peakedAt(parameters, model, level);
    },
  };
}

/** Many contexts with little traffic each, and one optimum: they have to learn from each other. */
export function manySparseContexts(contexts = 40): World {
  return { ...clearWinner(contexts, 1), name: "many-sparse-contexts" };
}

/** The best model fails for a while, in the middle of the run. */
export function outage(fromSeconds: number, toSeconds: number): World {
  return {
    name: "outage",
    policy: { ...POLICY, constraints: [{ kind: "success-rate", minimum: 0.85 }] },
    traffic: traffic(3, 20),
    behaviour: (parameters, _context, seconds) => {
      const usual = peakedAt(parameters, "medium", 8);
      const isOut = parameters["model"] === "medium" && seconds >= fromSeconds && seconds < toSeconds;
      return isOut ? { ...usual, successRate: 0.2, quality: 0.2 } : usual;
    },
  };
}

/** Nothing can be read for a while. */
export function silence(fromSeconds: number, toSeconds: number): World {
  return {
    ...clearWinner(),
    name: "silence",
    missing: (seconds) => (seconds >= fromSeconds && seconds < toSeconds ? "no-data" : undefined),
  };
}

/** The base values are the best there is. */
export function baselineBest(): World {
  return {
    name: "baseline-best",
    policy: POLICY,
    traffic: traffic(3, 20),
    behaviour: (parameters) => peakedAt(parameters, "small", 5),
  };
}

/** The setting with the best quality is too slow for the limit on latency. */
export function tooSlow(): World {
  return {
    name: "too-slow",
    policy: { ...POLICY, constraints: [{ kind: "p95-latency-ratio", maximumRatio: 1.5 }] },
    traffic: traffic(3, 20),
    behaviour: (parameters) => {
      const usual = peakedAt(parameters, "medium", 8);
      return { ...usual, medianSeconds: 0.5 * 1.12 ** (Number(parameters["level"]) - 5) };
    },
  };
}

/** Everything gets worse for all settings, up and down in waves; one setting is best throughout. */
export function commonWaves(): World {
  return {
    name: "common-waves",
    policy: POLICY,
    traffic: traffic(3, 20),
    behaviour: (parameters, context, seconds) => {
      const usual = peakedAt(parameters, "medium", 8);
      const wave = 0.15 * Math.sin((2 * Math.PI * seconds) / 90 + (context["kind"] ?? "").length);
      return { ...usual, quality: usual.quality - 0.1 + wave, successRate: usual.successRate - 0.1 + wave / 3 };
    },
  };
}

/** The optimum moves once, to the other end. */
export function drift(atSeconds: number): World {
  return {
    name: "drift",
    policy: POLICY,
    traffic: traffic(3, 20),
    behaviour: (parameters: ParameterValues, _context: Context, seconds: number) =>
      seconds < atSeconds ? peakedAt(parameters, "medium", 8) : peakedAt(parameters, "large", 3),
  };
}

/** Quality falls with the distance from an optimum: 0.8 there, 0.3 off it for another model, 0.06 per level. */
function peakedAt(parameters: ParameterValues, model: string, level: number): Behaviour {
  const distance = Math.abs(Number(parameters["level"]) - level);
  const quality = 0.85 - (parameters["model"] === model ? 0 : 0.25) - 0.06 * distance;
  return { ...STEADY, quality: Math.max(0.05, quality) };
}
