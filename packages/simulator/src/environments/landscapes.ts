/** Services whose optimum lies in numbers, or in a trade-off. */
import type { Service } from "../service/service.ts";
import { genres, HEALTHY, hill, logHill, MOSTLY_QUALITY, number, numberOf } from "./shapes.ts";

/** A smooth hill over one number. */
export const numericOptimum: Service = {
  name: "numeric-optimum",
  summary: "One number with a smooth optimum far from its base.",
  contextKeys: ["genre"],
  traffic: genres(60, 40, 20),
  parameters: { temperature: { base: 0.2, min: 0, max: 1, step: 0.05 } },
  objective: MOSTLY_QUALITY,
  behaviour: (setting, context) => ({
    ...HEALTHY,
    quality: 0.5 + 0.2 * hill(number(setting, "temperature"), 0.7 + 0.05 * numberOf(context, "genre"), 0.7),
  }),
};

/** Two numbers, one of them by factors, that depend on each other. */
export const numericPair: Service = {
  name: "numeric-pair",
  summary: "Two numbers, one on the log scale; more tokens take longer and want a lower temperature.",
  contextKeys: ["genre"],
  traffic: genres(60, 60, 40),
  parameters: {
    temperature: { base: 0.8, min: 0, max: 1, step: 0.1 },
    tokens: { base: 200, min: 100, max: 3200, step: 100, scale: "log" },
  },
  objective: { quality: 0.7, success: 0.1, latency: { weight: 0.2, good: 0.1, bad: 20 } },
  behaviour(setting) {
    const tokens = number(setting, "tokens");
    const wanted = 0.6 - 0.1 * Math.log2(tokens / 400);
    return {
      ...HEALTHY,
      quality: 0.45 + 0.2 * logHill(tokens, 1200, 8) + 0.15 * hill(number(setting, "temperature"), wanted, 0.6),
      medianSeconds: 0.5 * (tokens / 200) ** 0.5,
    };
  },
};

/** A model's best temperature is another model's worst. */
export const interaction: Service = {
  name: "interaction",
  summary: "The better model is worse at the base temperature: both have to change together.",
  contextKeys: ["genre"],
  traffic: genres(80, 60, 40),
  parameters: {
    model: { base: "small", choices: ["small", "medium", "large"] },
    temperature: { base: 0.7, min: 0.1, max: 0.9, step: 0.1 },
  },
  objective: MOSTLY_QUALITY,
  behaviour(setting) {
    const temperature = number(setting, "temperature");
    const hills: Readonly<Record<string, number>> = {
      small: 0.55 + 0.05 * hill(temperature, 0.7, 0.4),
      medium: 0.55 + 0.02 * hill(temperature, 0.5, 0.4),
      large: 0.57 + 0.2 * hill(temperature, 0.2, 0.4),
    };
    return { ...HEALTHY, quality: Math.max(0.2, hills[String(setting["model"])] ?? 0.5) };
  },
};

/** Quality costs money. */
export const costTradeOff: Service = {
  name: "cost-trade-off",
  summary: "Better models cost more; what is worth its price depends on the context.",
  contextKeys: ["genre"],
  traffic: genres(60, 60, 30),
  parameters: {
    model: { base: "medium", choices: ["tiny", "small", "medium", "large"] },
    examples: { base: 2, min: 0, max: 8, step: 1 },
  },
  objective: {
    quality: 0.5,
    success: 0.1,
    latency: { weight: 0.1, good: 0.1, bad: 10 },
    cost: { weight: 0.3, reference: 0.01 },
  },
  behaviour(setting, context) {
    const strengths: Readonly<Record<string, readonly [number, number]>> = {
      tiny: [0.45, 0.0003],
      small: [0.55, 0.001],
      medium: [0.62, 0.003],
      large: [0.7, 0.006],
    };
    const [quality, price] = strengths[String(setting["model"])] ?? [0.5, 0.001];
    const examples = number(setting, "examples");
    // the first context is easy, the last one is hard: there the strength of the model counts double
    const hardness = 0.5 + numberOf(context, "genre") * 0.75;
    return {
      ...HEALTHY,
      quality: 0.62 + hardness * (quality - 0.62) + 0.08 * (1 - Math.exp(-examples / 2)),
      cost: price * (1 + 0.12 * examples),
      medianSeconds: 0.6 * (1 + 0.05 * examples),
    };
  },
};
