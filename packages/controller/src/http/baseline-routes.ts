/** What is expected of an operation at a time, and where it lies now. */
import { BASELINE_LEVEL, type BaselineMeasure, type ExpectedRange, type Reading } from "@trimtab/learning";
import { z } from "zod";
import type { BaselineAnswer, BaselineReader, JudgedMeasure, LoadOrigin } from "../baseline-reader.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { refuse } from "./span-question.ts";
import { timeSchema, type WireWindow, windowSchema, wireTime } from "./wire/learning-wire.ts";
import { wireKind } from "./wire/summary-wire.ts";

/** What the routes need. */
export interface BaselineRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly baselines: BaselineReader;
  /** By whose clock hours of the week are told apart. */
  readonly timeZone: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface WireRange {
  readonly lower: number;
  readonly expected: number;
  readonly upper: number;
  readonly hours: number;
  readonly hoursLikeThis: number;
}

type WireExpected = (WireRange & { readonly kind: "value" }) | { readonly kind: string; readonly detail: string };

interface WireJudged extends WireRange {
  readonly value: number;
  readonly place: "below" | "within" | "above";
  readonly deviation: number;
}

type WireName = "successRate" | "meanDurationSeconds" | "meanQuality";

/** The answer. */
export interface WireBaseline {
  readonly component: string;
  readonly operation: string;
  readonly at: string;
  readonly hourOfWeek: number;
  readonly timeZone: string;
  readonly level: number;
  readonly history: WireWindow & { readonly hours: number };
  readonly load?: { readonly callsPerHour: number; readonly origin: LoadOrigin } | undefined;
  readonly expected: Readonly<Record<WireName, WireExpected>>;
  readonly latest?:
    | {
        readonly window: WireWindow;
        readonly callsPerHour: number;
        readonly measures: Readonly<Partial<Record<WireName, WireJudged | undefined>>>;
      }
    | undefined;
}

const NAMES: readonly (readonly [BaselineMeasure, WireName])[] = [
  ["success", "successRate"],
  ["latency", "meanDurationSeconds"],
  ["quality", "meanQuality"],
];

const range = {
  lower: z.number(),
  expected: z.number(),
  upper: z.number(),
  hours: z.number().meta({ description: "Hours that it rests on." }),
  hoursLikeThis: z.number().meta({ description: "Those of them at this hour of the week." }),
};
const expectedSchema = z.union([
  z.strictObject({ kind: z.literal("value"), ...range }),
  z.strictObject({ kind: z.string(), detail: z.string() }),
]);
const judgedSchema = z.strictObject({
  ...range,
  value: z.number(),
  place: z.enum(["below", "within", "above"]),
  deviation: z.number().meta({
    description: "From the expected value, in units of the distance between that and the bound; negative below.",
  }),
});

const baselineSchema: z.ZodType<WireBaseline> = z.strictObject({
  component: z.string(),
  operation: z.string(),
  at: timeSchema,
  hourOfWeek: z.int().min(0).max(167).meta({ description: "0 is the hour after midnight on Monday." }),
  timeZone: z.string(),
  level: z.number().meta({ description: "The share of hours that a range holds." }),
  history: z.strictObject({ from: timeSchema, to: timeSchema, hours: z.number() }),
  load: z.strictObject({ callsPerHour: z.number(), origin: z.enum(["given", "measured", "usual"]) }).optional(),
  expected: z.strictObject({
    successRate: expectedSchema,
    meanDurationSeconds: expectedSchema,
    meanQuality: expectedSchema,
  }),
  latest: z
    .strictObject({
      window: windowSchema,
      callsPerHour: z.number(),
      measures: z.strictObject({
        successRate: judgedSchema.optional(),
        meanDurationSeconds: judgedSchema.optional(),
        meanQuality: judgedSchema.optional(),
      }),
    })
    .optional(),
}) as unknown as z.ZodType<WireBaseline>;

interface BaselineQueryText {
  readonly at?: string | undefined;
  readonly load?: string | undefined;
}

const baselineQuery: z.ZodType<BaselineQueryText> = z.strictObject({
  at: timeSchema.optional().meta({ description: "Now, where it is absent." }),
  load: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?$/, { error: "must be a number of calls per hour" })
    .optional()
    .meta({ description: "Calls per hour; else what is measured in that hour, else what is usual in it." }),
});

/** A week ahead lies every hour of the week. */
const LONGEST_AHEAD_MILLISECONDS = 8 * 24 * 3_600_000;

/** The routes under /v1/baselines. */
export function baselineRoutes({ operations, baselines, timeZone, now }: BaselineRouteDependencies): readonly Route[] {
  const ofOperation: Route<BaselineQueryText> = {
    method: "get",
    path: "/v1/baselines/{component}/{operation}",
    summary: "Where success, latency and quality are expected at an hour of the week and a load, and where they lie.",
    role: "read",
    query: baselineQuery,
    answers: {
      200: {
        description: "The ranges; `kind` tells where there is not history enough.",
        body: { name: "Baseline", schema: baselineSchema },
      },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    async handle({ parameters, query }, response) {
      const { component, operation } = operations.find(parameters["component"] ?? "", parameters["operation"] ?? "");
      const time = now();
      const at = query.at === undefined ? time : Date.parse(query.at);
      if (at > time + LONGEST_AHEAD_MILLISECONDS) refuse("at", `"${query.at}" is more than 8 days ahead`);
      const load = query.load === undefined ? {} : { callsPerHour: Number(query.load) };
      const answer = await baselines.read({ component, operation, at, ...load });
      sendJson(response, { component, operation, timeZone: timeZone(), ...wireBaseline(answer) });
    },
  };
  return [ofOperation] as readonly Route[];
}

function wireBaseline({
  at,
  hourOfWeek,
  history,
  load,
  expected,
  latest,
}: BaselineAnswer): Omit<WireBaseline, "component" | "operation" | "timeZone"> {
  return {
    at: wireTime(at),
    hourOfWeek,
    level: BASELINE_LEVEL,
    history: { from: wireTime(history.from), to: wireTime(history.to), hours: history.hours },
    load,
    expected: byName((measure) => wireExpected(expected[measure])),
    ...(latest === undefined
      ? {}
      : {
          latest: {
            window: { from: wireTime(latest.from), to: wireTime(latest.to) },
            callsPerHour: latest.callsPerHour,
            measures: byName((measure): JudgedMeasure | undefined => latest.measures[measure]),
          },
        }),
  };
}

function wireExpected(reading: Reading<ExpectedRange>): WireExpected {
  return reading.kind === "value"
    ? { kind: "value", ...reading.value }
    : { kind: wireKind(reading.kind), detail: reading.detail };
}

function byName<Value>(of: (measure: BaselineMeasure) => Value): Record<WireName, Value> {
  return Object.fromEntries(NAMES.map(([measure, name]) => [name, of(measure)])) as Record<WireName, Value>;
}
