/** Services that do not change: is the best found, and is nothing found where there is nothing? */
import type { Service } from "../service/service.ts";
import { genres, HEALTHY, hill, MODEL_AND_TEMPERATURE, MOSTLY_QUALITY, number, numberOf } from "./shapes.ts";

const COMMON = {
  contextKeys: ["genre"],
  parameters: MODEL_AND_TEMPERATURE,
  objective: MOSTLY_QUALITY,
} as const;

/** Whatever is changed is a mistake. */
export const tie: Service = {
  ...COMMON,
  name: "tie",
  summary: "All settings are alike: whatever is changed is a mistake.",
  traffic: genres(60, 40, 20),
  behaviour: () => HEALTHY,
};

/** One model is better everywhere. */
export const clearWinner: Service = {
  ...COMMON,
  name: "clear-winner",
  summary: "One model is much better in every context.",
  traffic: genres(60, 40, 20),
  behaviour: (setting) => ({ ...HEALTHY, quality: setting["model"] === "medium" ? 0.75 : 0.6 }),
};

/** Four contexts, four optima. */
export const perContextOptimum: Service = {
  ...COMMON,
  name: "per-context-optimum",
  summary: "Each context has an optimum of its own, in model and temperature.",
  traffic: genres(60, 60, 40, 40),
  behaviour(setting, context) {
    const optima = [
      ["small", 0.2],
      ["medium", 0.5],
      ["large", 0.8],
      ["medium", 0.8],
    ] as const;
    const [model, temperature] = optima[numberOf(context, "genre")] ?? optima[0];
    const isRight = setting["model"] === model;
    return {
      ...HEALTHY,
      quality: 0.5 + (isRight ? 0.12 : 0) + 0.15 * hill(number(setting, "temperature"), temperature, 0.5),
    };
  },
};

/** Nothing beats the base values. */
export const baselineBest: Service = {
  ...COMMON,
  name: "baseline-best",
  summary: "The base values are the best there is: whatever is tried costs something.",
  traffic: genres(60, 40, 20),
  behaviour: (setting) => ({
    ...HEALTHY,
    quality:
      0.55 +
      (setting["model"] === "small" ? 0.1 : 0) +
      0.1 * Math.max(0, hill(number(setting, "temperature"), 0.5, 0.4)),
  }),
};

/** Many contexts, most of them with hardly any traffic. */
export const sparseContexts: Service = {
  ...COMMON,
  name: "sparse-contexts",
  summary:
    "240 contexts whose traffic falls by Zipf's law, most with a few calls per cycle; what is best depends on one label.",
  contextKeys: ["genre", "country"],
  traffic: Object.fromEntries(
    Array.from({ length: 240 }, (_, rank) => [
      // genres and countries are dealt over the ranks, so that every genre has large and small contexts
      `genre=g${rank % 6},country=c${Math.floor(rank / 6)}`,
      Number((150 / (rank + 1) ** 0.8).toFixed(3)),
    ]),
  ),
  behaviour(setting, context) {
    const genre = numberOf(context, "genre");
    const model = genre < 3 ? "medium" : "large";
    const temperature = genre % 2 === 0 ? 0.3 : 0.7;
    const local = 0.01 * Math.sin(numberOf(context, "country"));
    return {
      ...HEALTHY,
      quality:
        0.5 +
        local +
        (setting["model"] === model ? 0.12 : 0) +
        0.1 * hill(number(setting, "temperature"), temperature, 0.5),
    };
  },
};
