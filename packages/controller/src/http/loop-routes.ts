/** The loops of learning by length: the short one of passes, the medium one of weeks, the long one of months. */
import type { OperationKey, ServedCycle, Store, StoredAdaptation, TrendStore } from "@trimtab/engine";
import { addTrendSums, stepStart, summarize, type TrendSpan, trendPoints, trendSlope } from "@trimtab/learning";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { wireTime, wireWindow } from "./wire/learning-wire.ts";
import {
  type LongMeasure,
  loopsSchema,
  type WireCorrection,
  type WireLoops,
  type WireSlope,
  wireSlope,
} from "./wire/loop-wire.ts";
import { wireTrendPoint } from "./wire/trend-wire.ts";

/** What the routes need. */
export interface LoopRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Pick<Store, "loadServed" | "listAdaptations">;
  readonly trends: Pick<TrendStore, "readTrend">;
  /** How often each operation is looked at. */
  readonly intervalMilliseconds: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const DAY = 24 * 3_600_000;
const SHORT = DAY;
const MEDIUM_DAYS = 28;
/** The most adaptations that are looked at. */
const MOST_ADAPTATIONS = 1_000;
/** Directions are told of the last year: what is older does not say where it is going. */
const LONG = 365 * DAY;
const MOST = 3650 * DAY;
const MONTH = 30 * DAY;

/** The routes under /v1/loops. */
export function loopRoutes({
  operations,
  store,
  trends,
  intervalMilliseconds,
  now,
}: LoopRouteDependencies): readonly Route[] {
  const ofOperation: Route = {
    method: "get",
    path: "/v1/loops/{component}/{operation}",
    summary:
      "How each loop of learning stands: the short one of passes, the medium one of weeks, the long one of months.",
    role: "read",
    answers: { 200: { description: "The loops.", body: { name: "Loops", schema: loopsSchema } } },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    async handle({ parameters }, response) {
      const { component, operation } = operations.find(parameters["component"] ?? "", parameters["operation"] ?? "");
      const key: OperationKey = { component, operation };
      const at = now();
      const [stored, adaptations, spans] = await Promise.all([
        store.loadServed(key),
        store.listAdaptations(key, { limit: MOST_ADAPTATIONS }),
        trends.readTrend({ ...key, from: at - MOST, to: at }),
      ]);
      const loops: WireLoops = {
        ...key,
        at: wireTime(at),
        short: shortLoop(stored, adaptations.items, intervalMilliseconds(), at),
        medium: mediumLoop(adaptations.items, spans, at),
        long: longLoop(spans, at),
      };
      sendJson(response, loops);
    },
  };
  return [ofOperation] as readonly Route[];
}

/** Immediate validation and correction. */
function shortLoop(
  stored: ServedCycle | undefined,
  adaptations: readonly StoredAdaptation[],
  everyMilliseconds: number,
  at: number,
): WireLoops["short"] {
  const contexts = stored?.decision.contexts ?? [];
  return {
    everySeconds: everyMilliseconds / 1000,
    ...(stored === undefined
      ? {}
      : { lastPass: { at: wireTime(stored.decision.at), window: wireWindow(stored.decision.window) } }),
    validation: {
      contexts: contexts.length,
      byKind: countBy(contexts.map(({ kind }) => kind)),
      byReason: countBy(contexts.map(({ reason }) => reason.code)),
      openBreakers: contexts.filter(({ breaker }) => breaker !== undefined).length,
      mayExplore: stored?.decision.mayExplore ?? false,
    },
    corrections: adaptations.flatMap((adaptation) => correctionOf(adaptation, at - SHORT)),
  };
}

function correctionOf(adaptation: StoredAdaptation, since: number): WireCorrection[] {
  const last = adaptation.history.at(-1);
  if (last?.status !== "rolled-back" || last.at < since) return [];
  const { id, context, parameter, oldValue, newValue } = adaptation;
  const reason = last.reason.sentence;
  return [{ adaptation: id, at: wireTime(last.at), context, parameter, from: newValue, to: oldValue, reason }];
}

/** What the weeks have brought, beside the weeks before. */
function mediumLoop(
  adaptations: readonly StoredAdaptation[],
  spans: readonly TrendSpan[],
  at: number,
): WireLoops["medium"] {
  const today = stepStart(at, DAY) + DAY;
  const since = today - MEDIUM_DAYS * DAY;
  const now = between(spans, since, today);
  const before = between(spans, since - MEDIUM_DAYS * DAY, since);
  return {
    sinceDays: MEDIUM_DAYS,
    adaptations: countBy(adaptations.filter((each) => each.at >= since).map(({ status }) => status)),
    ...(now === undefined ? {} : { now: wireTrendPoint(now) }),
    ...(before === undefined ? {} : { before: wireTrendPoint(before) }),
  };
}

/** Where it is going. */
function longLoop(spans: readonly TrendSpan[], at: number): WireLoops["long"] {
  const days = trendPoints(
    spans.filter(({ from }) => from >= at - LONG),
    DAY,
  );
  const directions: Partial<Record<LongMeasure, WireSlope>> = {};
  const tell = (measure: LongMeasure, valueOf: (span: TrendSpan) => number | undefined): void => {
    const points = days.flatMap((span) => {
      const value = valueOf(span);
      return value === undefined ? [] : [{ day: span.from / DAY, value }];
    });
    const slope = trendSlope(points);
    if (slope !== undefined) directions[measure] = wireSlope(slope);
  };
  const read = (name: "successRate" | "meanDurationSeconds" | "meanQuality") => (span: TrendSpan) => {
    const reading = summarize([span.sums.measurements])[name];
    return reading.kind === "value" ? reading.value : undefined;
  };
  tell("successRate", read("successRate"));
  tell("meanDurationSeconds", read("meanDurationSeconds"));
  tell("meanQuality", read("meanQuality"));
  tell("lift", ({ sums }) => sums.lift?.estimate);
  const first = spans[0];
  return {
    ...(first === undefined ? {} : { since: wireTime(first.from) }),
    months: trendPoints(spans, MONTH).map(wireTrendPoint),
    directions,
  };
}

function between(spans: readonly TrendSpan[], from: number, to: number): TrendSpan | undefined {
  const [first, ...others] = spans.filter((span) => span.from >= from && span.from < to).map(({ sums }) => sums);
  return first === undefined ? undefined : { from, to, sums: others.reduce(addTrendSums, first) };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
