/** Services whose best settings lie near a limit. */
import type { Service } from "../service/service.ts";
import { genres, HEALTHY, MODEL_AND_TEMPERATURE, number } from "./shapes.ts";

/** The success rate falls as quality rises. */
export const successLimit: Service = {
  name: "success-limit",
  summary:
    "Quality rises with the temperature while the success rate falls; the best that is allowed lies just inside the limit.",
  contextKeys: ["genre"],
  traffic: genres(80, 60, 40),
  parameters: MODEL_AND_TEMPERATURE,
  objective: { quality: 0.8, success: 0.2 },
  limits: { successRate: 0.9 },
  behaviour(setting) {
    const temperature = number(setting, "temperature");
    return {
      ...HEALTHY,
      partial: 0,
      // 0.978 at 0.5, 0.915 at 0.7, 0.826 at 0.8, 0.68 at 0.9
      success: 0.98 - 0.3 * Math.max(0, (temperature - 0.4) / 0.5) ** 3 - (setting["model"] === "large" ? 0.05 : 0),
      quality: 0.4 + 0.3 * temperature + (setting["model"] === "small" ? 0 : 0.06),
    };
  },
};

/** The latency rises with quality. */
export const latencyLimit: Service = {
  name: "latency-limit",
  summary: "More candidates are better and slower; p95 may be at most 1.3 times the baseline's.",
  contextKeys: ["genre"],
  traffic: genres(80, 60, 40),
  parameters: {
    model: { base: "small", choices: ["small", "medium", "large"] },
    candidates: { base: 2, min: 1, max: 9, step: 1 },
  },
  objective: { quality: 0.8, success: 0.2 },
  limits: { p95Ratio: 1.3 },
  behaviour(setting) {
    const candidates = number(setting, "candidates");
    const factors: Readonly<Record<string, readonly [number, number]>> = {
      small: [0, 1],
      medium: [0.06, 1.05],
      large: [0.16, 1.7],
    };
    const [gain, factor] = factors[String(setting["model"])] ?? [0, 1];
    return {
      ...HEALTHY,
      quality: 0.5 + gain + 0.12 * Math.log2(candidates / 2 + 0.5),
      // with the medium model 1.26 times the baseline at 3 candidates and 1.51 at 4, where 11 % of the calls are over the limit on 5 %
      medianSeconds: 0.8 * factor * 1.2 ** (candidates - 2),
      durationSpread: 0.35,
    };
  },
};
