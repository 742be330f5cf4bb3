/** Services whose measurements come late, in part, or not at all. */
import type { Service } from "../service/service.ts";
import { genres, HEALTHY, hill, MODEL_AND_TEMPERATURE, MOSTLY_QUALITY, number, numberOf } from "./shapes.ts";

const COMMON = {
  contextKeys: ["genre"],
  parameters: MODEL_AND_TEMPERATURE,
  objective: MOSTLY_QUALITY,
} as const;

/** What people think shows days later. */
export const delayedRatings: Service = {
  ...COMMON,
  name: "delayed-ratings",
  summary:
    "Half of the utility is what people say, a fifth of the calls is rated, and ratings come about ten cycles later.",
  traffic: genres(80, 60, 40, 20),
  objective: { quality: 0.3, success: 0.2, feedback: 0.5 },
  ratings: { share: 0.2, delayCycles: 10 },
  behaviour(setting) {
    const warmth = hill(number(setting, "temperature"), 0.8, 0.7);
    const isLarge = setting["model"] === "large";
    // the scores of the machine see a part of what people like
    return { ...HEALTHY, quality: 0.5 + 0.06 * warmth, rating: 0.45 + 0.15 * warmth + (isLarge ? 0.1 : 0) };
  },
};

/** Nothing can be read for a while, and now and then. */
export const silence: Service = {
  ...COMMON,
  name: "silence",
  summary: "One cycle in ten is lost, and thirty in a row.",
  traffic: genres(60, 40, 20),
  events: [{ name: "nothing can be read", from: 60, to: 90 }],
  isLost: (cycle, uniform) => (cycle >= 60 && cycle < 90) || uniform < 0.1,
  behaviour: (setting, context) => ({
    ...HEALTHY,
    quality:
      0.5 +
      (setting["model"] === "large" ? 0.12 : 0) +
      0.15 * hill(number(setting, "temperature"), 0.3 + 0.1 * numberOf(context, "genre"), 0.6),
  }),
};

/** Restarts take counts with them. */
export const counterReset: Service = {
  ...COMMON,
  name: "counter-reset",
  summary: "Services restart again and again: a cycle in eight shows only a part of its calls, some none at all.",
  traffic: genres(60, 40, 20),
  scored: 0.6,
  kept: (_cycle, uniform) => (uniform < 0.12 ? uniform / 0.12 : 1),
  isLost: (_cycle, uniform) => uniform < 0.02,
  behaviour: (setting) => ({
    ...HEALTHY,
    quality: 0.5 + (setting["model"] === "medium" ? 0.12 : 0) + 0.15 * hill(number(setting, "temperature"), 0.7, 0.6),
  }),
};
