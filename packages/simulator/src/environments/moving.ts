/** Services that change while they run. */
import type { Service } from "../service/service.ts";
import { genres, HEALTHY, hill, MODEL_AND_TEMPERATURE, MOSTLY_QUALITY, number } from "./shapes.ts";

const COMMON = {
  contextKeys: ["genre"],
  parameters: MODEL_AND_TEMPERATURE,
  objective: MOSTLY_QUALITY,
} as const;

/** The optimum of most services here: the medium model, rather warm. */
function usualQuality(model: unknown, temperature: number): number {
  return 0.5 + (model === "medium" ? 0.12 : 0) + 0.15 * hill(temperature, 0.7, 0.6);
}

/** The optimum moves once. */
export const drift: Service = {
  ...COMMON,
  name: "drift",
  summary: "The optimum moves to another model and another temperature half-way.",
  traffic: genres(60, 40, 30),
  events: [{ name: "the optimum moves", from: 150 }],
  epoch: (cycle) => (cycle < 150 ? 0 : 1),
  behaviour(setting, _context, cycle) {
    const temperature = number(setting, "temperature");
    if (cycle < 150) return { ...HEALTHY, quality: usualQuality(setting["model"], temperature) };
    const quality = 0.5 + (setting["model"] === "large" ? 0.14 : 0) + 0.15 * hill(temperature, 0.3, 0.6);
    return { ...HEALTHY, quality };
  },
};

const OUT = { from: 120, to: 160 } as const;

/** A model breaks and recovers. */
export const outage: Service = {
  ...COMMON,
  name: "outage",
  summary: "The best model fails for forty cycles and recovers; the success rate has a limit.",
  traffic: genres(60, 40, 30),
  limits: { successRate: 0.85 },
  events: [{ name: "medium is down", ...OUT }],
  epoch: (cycle) => (isOut(cycle) ? 1 : 0),
  isBroken: (setting, cycle) => isOut(cycle) && setting["model"] === "medium",
  behaviour(setting, _context, cycle) {
    const usual = { ...HEALTHY, quality: usualQuality(setting["model"], number(setting, "temperature")) };
    return isOut(cycle) && setting["model"] === "medium" ? { ...usual, success: 0.2, quality: 0.2 } : usual;
  },
};

function isOut(cycle: number): boolean {
  return cycle >= OUT.from && cycle < OUT.to;
}

/** Everything gets worse together. */
export const commonDrop: Service = {
  ...COMMON,
  name: "common-drop",
  summary: "Quality and success drop for all settings alike for a third of the run; what is best stays best.",
  traffic: genres(60, 40, 30),
  limits: { successRate: 0.85 },
  events: [{ name: "all settings are worse alike (not drawn)", from: 100, to: 200 }],
  weather: (cycle) => (cycle >= 100 && cycle < 200 ? { quality: -0.25, duration: 1.5 } : {}),
  behaviour: (setting) => ({ ...HEALTHY, quality: usualQuality(setting["model"], number(setting, "temperature")) }),
};

/** Days and nights, shocks that all settings share, and users who come in a row. */
export const dayAndNight: Service = {
  ...COMMON,
  name: "day-and-night",
  summary:
    "Load, quality and speed go with the hour, shocks hit all settings alike, and calls of one user resemble each other.",
  traffic: genres(70, 50, 30),
  load: (cycle) => 1 + 0.7 * Math.sin((2 * Math.PI * cycle) / 48),
  weather: (cycle, gaussian) => ({
    quality: -0.06 * Math.sin((2 * Math.PI * cycle) / 48) + 0.05 * gaussian,
    duration: Math.exp(0.3 * Math.sin((2 * Math.PI * cycle) / 48) + 0.15 * gaussian),
  }),
  callsPerUser: 4,
  dispersion: 0.02,
  behaviour: (setting) => ({ ...HEALTHY, quality: usualQuality(setting["model"], number(setting, "temperature")) }),
};
