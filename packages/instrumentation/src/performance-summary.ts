/** What a component did over a period, for people and for code: from the controller, else from this process. */
import { DURATION_FORM, OUTCOMES, type Outcome, parseDuration } from "@trimtab/conventions";
import { askController } from "./controller-request.ts";
import { instrumentation } from "./instance.ts";
import { describeError, warnOnce } from "./own-failure.ts";
import { LONGEST_PERIOD_MILLISECONDS, type OperationHistory, Totals } from "./performance-history.ts";

/** What was done. No data is no number: where nothing was measured a field is undefined, and never zero. */
export interface OperationSummary {
  /** Calls that ended. Undefined where there were none. */
  readonly total: number | undefined;
  /** 0 to 1; a partial counts one half. */
  readonly successRate: number | undefined;
  readonly outcomes: Readonly<Record<Outcome, number>> | undefined;
  readonly meanDurationSeconds: number | undefined;
  readonly p50DurationSeconds: number | undefined;
  readonly p95DurationSeconds: number | undefined;
  readonly p99DurationSeconds: number | undefined;
  /** 0 to 1, of the calls that were scored. */
  readonly meanQuality: number | undefined;
}

/** What a component did. */
export interface PerformanceSummary extends OperationSummary {
  readonly component: string;
  /** As it was asked for. */
  readonly period: string;
  /**
   * `controller`: all processes of the component, from the metrics that the controller reads. `process`: this process alone, since its
   * tracker was made; it forgets with the process, and rounds a period up to whole minutes (to an hour), hours (to two days) or half
   * days.
   */
  readonly source: "controller" | "process";
  /** Operations without a call are absent. */
  readonly operations: Readonly<Record<string, OperationSummary>>;
}

const USUAL_PERIOD = "24h";
const SHORTEST_PERIOD_MILLISECONDS = 1000;

/** @throws {TypeError} on a period that is none. */
export async function performanceOf(component: string, period: string = USUAL_PERIOD): Promise<PerformanceSummary> {
  const milliseconds = periodMilliseconds(period);
  return (await fromController(component, period)) ?? fromProcess(component, period, milliseconds);
}

/**
 * How long a period is, in milliseconds.
 *
 * @throws {TypeError} on a period that is none, is shorter than a second or longer than 30 days.
 */
export function periodMilliseconds(period: string): number {
  const milliseconds = typeof period === "string" ? parseDuration(period) : undefined;
  if (milliseconds === undefined || milliseconds < SHORTEST_PERIOD_MILLISECONDS) {
    throw new TypeError(`"${String(period)}" is no period; write ${DURATION_FORM}`);
  }
  if (milliseconds > LONGEST_PERIOD_MILLISECONDS) throw new TypeError(`"${period}" is too long; the longest is 30d`);
  return milliseconds;
}

async function fromController(component: string, period: string): Promise<PerformanceSummary | undefined> {
  const { controllerUrl, token, requestTimeoutMilliseconds, disabled } = instrumentation().settings;
  if (controllerUrl === undefined || disabled) return undefined;
  const path = `v1/performance/${encodeURIComponent(component)}?period=${encodeURIComponent(period)}`;
  try {
    const asked = { controllerUrl, path, token, timeoutMilliseconds: requestTimeoutMilliseconds };
    const { status, body } = await askController(asked);
    if (status !== 200) throw new Error(`it answered with status ${status}`);
    return read(component, period, JSON.parse(body) as WirePerformance);
  } catch (error) {
    warnOnce(
      "performance",
      `the controller tells no performance; summaries are of this process alone: ${describeError(error)}`,
    );
    return undefined;
  }
}

interface WireNumber {
  readonly value?: number;
}

interface WireSummary {
  readonly kind: string;
  readonly total?: number;
  readonly successRate?: number;
  readonly outcomes?: Readonly<Record<Outcome, number>>;
  readonly durationSeconds?: Readonly<Record<"mean" | "p50" | "p95" | "p99", WireNumber>>;
  readonly quality?: { readonly mean: WireNumber };
}

interface WirePerformance extends WireSummary {
  readonly operations?: Readonly<Record<string, WireSummary>>;
}

function read(component: string, period: string, answer: WirePerformance): PerformanceSummary {
  const operations = Object.entries(answer.operations ?? {}).filter(([, { kind }]) => kind === "value");
  return {
    component,
    period,
    source: "controller",
    ...readSummary(answer),
    operations: Object.fromEntries(operations.map(([name, summary]) => [name, readSummary(summary)])),
  };
}

function readSummary({ total, successRate, outcomes, durationSeconds, quality }: WireSummary): OperationSummary {
  return {
    total,
    successRate,
    outcomes,
    meanDurationSeconds: durationSeconds?.mean.value,
    p50DurationSeconds: durationSeconds?.p50.value,
    p95DurationSeconds: durationSeconds?.p95.value,
    p99DurationSeconds: durationSeconds?.p99.value,
    meanQuality: quality?.mean.value,
  };
}

function fromProcess(component: string, period: string, milliseconds: number): PerformanceSummary {
  const histories = new Map<string, OperationHistory>();
  for (const { name, history } of instrumentation().component(component).operations()) {
    if (history !== undefined) histories.set(name, history);
  }
  return summaryOf(component, period, milliseconds, histories);
}

/** What operations of this process did over a period, all together and each. */
export function summaryOf(
  component: string,
  period: string,
  milliseconds: number,
  histories: ReadonlyMap<string, OperationHistory>,
): PerformanceSummary {
  const all = new Totals();
  const operations: Record<string, OperationSummary> = {};
  for (const [name, history] of histories) {
    const totals = new Totals();
    history.addTo(totals, milliseconds);
    const summary = summarize(totals);
    if (summary.total === undefined) continue;
    operations[name] = summary;
    all.add(totals);
  }
  return { component, period, source: "process", ...summarize(all), operations };
}

function summarize({ outcomes, durations, scored, qualitySum }: Totals): OperationSummary {
  const total = OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
  const { count } = durations;
  const ifAny = <Value>(number: number, value: Value): Value | undefined => (number > 0 ? value : undefined);
  return {
    total: ifAny(total, total),
    successRate: ifAny(total, (outcomes.success + outcomes.partial / 2) / total),
    outcomes: ifAny(total, { ...outcomes }),
    meanDurationSeconds: ifAny(count, durations.sum / count),
    p50DurationSeconds: durations.quantile(0.5),
    p95DurationSeconds: durations.quantile(0.95),
    p99DurationSeconds: durations.quantile(0.99),
    meanQuality: ifAny(scored, qualitySum / scored),
  };
}
