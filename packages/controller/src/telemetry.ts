/** The controller's own metrics: instruments of `conventions`, filled from the board, the scheduler and the source. */
import {
  type Allocation,
  contextId,
  contextLabel,
  controllerInstruments,
  type Instrument,
  OTHER_CONTEXT_VALUE,
  prometheusName,
} from "@trimtab/conventions";
import type { DeliveryStore, Feedback, FeedbackStore, FinishedPass, QuestionObserver } from "@trimtab/engine";
import type { Decision, ExperimentReport, Interval } from "@trimtab/learning";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

import type { BaselineMetrics } from "./baseline-metrics.ts";
import type { ReloadState } from "./config/reload-state.ts";
import { summaryOf } from "./decision-summary.ts";
import { exposedLabels } from "./exposed-labels.ts";
import { createFeedbackMetrics } from "./feedback-metrics.ts";
import type { TakenOutcome } from "./http/outcome-routes.ts";
import { createOutcomeMetrics } from "./outcome-metrics.ts";

/** The most contexts of one operation that have series of their own: what everybody can read must not grow without end. */
const MOST_CONTEXTS_PER_OPERATION = 200;

/** What is served for one operation, and what was decided last. */
export interface OperationView {
  readonly component: string;
  readonly operation: string;
  readonly contextKeys: readonly string[];
  readonly allocations: readonly Allocation[];
  readonly decision: Decision | undefined;
}

/** A configured operation that a service declares in code, too. */
interface DeclaredState {
  readonly component: string;
  readonly operation: string;
  readonly differs: boolean;
}

/** The controller's metrics. */
export interface ControllerMetrics {
  readonly observer: QuestionObserver;
  readonly onPass: (pass: FinishedPass) => void;
  readonly onFeedback: (kept: readonly Feedback[]) => void;
  readonly onOutcomes: (taken: readonly TakenOutcome[], refused: number) => void;
  readonly onReload: (state: ReloadState) => void;
  readonly onWebhookAttempt: (hook: string, result: "delivered" | "failed" | "dead", seconds: number) => void;
  readonly onRequest: (request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }) => void;
  /** A stream was opened, or has ended. */
  readonly onStream: (kind: string, change: 1 | -1) => void;
  readonly onStreamEvent: (kind: string) => void;
  /** A performance summary was asked for. */
  readonly onSummary: (result: "hit" | "miss") => void;
  /** The page that Prometheus scrapes. */
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Additions as results for people. */
const OUTCOME_RESULTS: Readonly<Record<TakenOutcome["addition"], string>> = {
  added: "accepted",
  known: "known",
  different: "refused",
  "too-late": "refused",
  "too-many-contexts": "refused",
};

/** Metrics in a registry of their own. `views`, the backlog and who leads are asked at each scrape. */
export function createControllerMetrics(
  views: () => readonly OperationView[],
  store: Pick<FeedbackStore, "countWaitingFeedback">,
  declared: () => readonly DeclaredState[] = () => [],
  leads: () => boolean = () => true,
  deliveries?: Pick<DeliveryStore, "countDeliveries">,
  baselines: Pick<BaselineMetrics, "page"> = { page: () => "" },
): ControllerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges that are named like counters: promtool finds fault with them, and nodejs_active_* tells the same by kind.
  for (const kind of ["handles", "requests", "resources"]) registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  const counter = (instrument: Instrument): Counter => new Counter({ ...describe(instrument), registers: [registry] });
  const histogram = (instrument: Instrument): Histogram =>
    new Histogram({ ...describe(instrument), buckets: [...(instrument.boundaries ?? [])], registers: [registry] });
  const gauge = (instrument: Instrument): Gauge => new Gauge({ ...describe(instrument), registers: [registry] });

  const readings = counter(controllerInstruments.readings);
  const decisions = counter(controllerInstruments.decisions);
  const adaptations = counter(controllerInstruments.adaptations);
  const cycles = counter(controllerInstruments.cycles);
  const cycleDuration = histogram(controllerInstruments.cycleDuration);
  const cycleLastSuccess = gauge(controllerInstruments.cycleLastSuccess);
  const sourceQueryDuration = histogram(controllerInstruments.sourceQueryDuration);
  const sourceQuerySamples = counter(controllerInstruments.sourceQuerySamples);
  const sourceQueryServerTime = counter(controllerInstruments.sourceQueryServerTime);
  const sourceErrors = counter(controllerInstruments.sourceErrors);
  const feedbackBacklog = gauge(controllerInstruments.feedbackBacklog);
  const summaryRequests = counter(controllerInstruments.summaryCacheRequests);
  for (const result of ["hit", "miss"]) summaryRequests.inc({ result }, 0); // a ratio needs both from the start
  const leader = gauge(controllerInstruments.leader);
  const feedbackScores = createFeedbackMetrics();
  const outcomeItems = counter(controllerInstruments.outcomeItems);
  const outcomes = createOutcomeMetrics();
  const declarationDiffers = gauge(controllerInstruments.declarationDiffers);
  const httpRequestDuration = histogram(controllerInstruments.httpRequestDuration);
  /** By method, route and status: finding the child of a histogram by its labels costs more than the observation. */
  const requestDurations = new Map<string, { observe(seconds: number): void }>();
  const streams = gauge(controllerInstruments.streams);
  const streamEvents = counter(controllerInstruments.streamEvents);
  const reloadSuccessful = gauge(controllerInstruments.configReloadSuccessful);
  const reloadSuccessAt = gauge(controllerInstruments.configReloadSuccessAt);
  const webhookDeliveries = gauge(controllerInstruments.webhookDeliveries);
  const webhookDuration = histogram(controllerInstruments.webhookDuration);

  return {
    observer: {
      onQuestion(question, seconds, kind, { samples, serverSeconds } = {}) {
        sourceQueryDuration.observe({ question }, seconds);
        if (samples !== undefined) sourceQuerySamples.inc({ question }, samples);
        if (serverSeconds !== undefined) sourceQueryServerTime.inc({ question }, serverSeconds);
        if (kind !== "value" && kind !== "no-data") sourceErrors.inc({ kind });
      },
    },
    onPass({ component, operation, startedAt, milliseconds, result }) {
      const of = { component, operation };
      cycleDuration.observe(of, milliseconds / 1000);
      cycles.inc({ ...of, result: result.kind === "failed" ? "failed" : result.outcome.kind });
      if (result.kind === "failed" || result.outcome.kind !== "recorded") return;
      const { decision } = result.outcome;
      const { reasons, unread } = summaryOf(decision);
      if (unread === undefined) cycleLastSuccess.set(of, (startedAt + milliseconds) / 1000);
      readings.inc({ ...of, kind: readingKind(decision) });
      for (const [reason, count] of Object.entries(reasons)) decisions.inc({ ...of, reason }, count);
      for (const { status } of [...decision.adaptations, ...decision.transitions]) adaptations.inc({ ...of, status });
    },
    onFeedback(kept) {
      for (const feedback of kept) {
        const view = views().find(
          ({ component, operation }) => component === feedback.component && operation === feedback.operation,
        );
        if (view !== undefined) feedbackScores.observe(feedback, view.contextKeys);
      }
    },
    onOutcomes(taken, refused) {
      for (const each of taken) {
        const result = OUTCOME_RESULTS[each.addition];
        outcomeItems.inc({ component: each.outcome.cell.component, result });
        outcomes.observe(each);
      }
      // Whoever sends them chooses the names, so what was refused before it was looked up has none.
      if (refused > 0) outcomeItems.inc({ component: OTHER_CONTEXT_VALUE, result: "refused" }, refused);
    },
    onReload({ inForceSince, refusedAt }) {
      reloadSuccessful.set(refusedAt === undefined ? 1 : 0);
      reloadSuccessAt.set(inForceSince / 1000);
    },
    onWebhookAttempt(hook, result, seconds) {
      webhookDuration.observe({ hook, result }, seconds);
    },
    onRequest({ method, route, status, seconds }) {
      const name = `${method} ${status} ${route}`;
      let duration = requestDurations.get(name);
      if (duration === undefined) {
        duration = httpRequestDuration.labels({ method, route, status: String(status) });
        requestDurations.set(name, duration);
      }
      duration.observe(seconds);
    },
    onSummary: (result) => summaryRequests.inc({ result }),
    onStream: (kind, change) => streams.inc({ kind }, change),
    onStreamEvent: (kind) => streamEvents.inc({ kind }),
    async page() {
      const shown = views();
      declarationDiffers.reset(); // an operation may have gone
      for (const { component, operation, differs } of declared())
        declarationDiffers.set({ component, operation }, differs ? 1 : 0);
      leader.set(leads() ? 1 : 0);
      const waiting = await store.countWaitingFeedback().catch(() => undefined); // the page matters most when the store fails
      if (waiting === undefined) feedbackBacklog.reset();
      else
        for (const { component, operation } of shown) {
          const own = waiting.find((each) => each.component === component && each.operation === operation);
          feedbackBacklog.set({ component, operation }, own?.waiting ?? 0);
        }
      const undelivered = await deliveries?.countDeliveries().catch(() => []);
      webhookDeliveries.reset();
      for (const { hook, status, count } of undelivered ?? []) webhookDeliveries.set({ hook, status }, count);
      const learnt = `${learningPage(shown)}${feedbackScores.page()}${outcomes.page()}${baselines.page()}`;
      return { contentType: registry.contentType, text: `${await registry.metrics()}${learnt}` };
    },
  };
}

/** `value`, or the kind that the decision names as its reason to hold everything. */
export function readingKind(decision: Decision): string {
  const code = summaryOf(decision).unread?.code;
  return code === undefined ? "value" : code.slice("EVIDENCE_".length).toLowerCase().replaceAll("_", "-");
}

function describe(instrument: Instrument): { name: string; help: string; labelNames: string[] } {
  return { name: prometheusName(instrument), help: instrument.description, labelNames: [...instrument.labels] };
}

/**
 * Lift, shares and variants of every operation. Their labels differ from operation to operation (each has context keys of its
 * own), which prom-client does not know, and they are a picture of what is served now: so the page is written directly.
 */
function learningPage(views: readonly OperationView[]): string {
  const shown = views.map((view) => ({ ...view, allocations: view.allocations.slice(0, MOST_CONTEXTS_PER_OPERATION) }));
  const lines: string[] = [];
  const family = (instrument: Instrument, samples: readonly Sample[]): void => {
    if (samples.length === 0) return;
    const name = prometheusName(instrument);
    lines.push(
      `# HELP ${name} ${instrument.description.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} gauge`,
    );
    for (const { labels, value } of samples) {
      lines.push(`${name}{${exposedLabels(labels)}} ${value}`);
    }
  };
  const lifts = shown.flatMap((view) => liftsOf(view));
  family(
    controllerInstruments.liftRatio,
    lifts.map(({ labels, lift }) => ({ labels, value: lift.estimate })),
  );
  family(
    controllerInstruments.liftRatioLower,
    lifts.map(({ labels, lift }) => ({ labels, value: lift.lower })),
  );
  family(
    controllerInstruments.liftRatioUpper,
    lifts.map(({ labels, lift }) => ({ labels, value: lift.upper })),
  );
  family(
    controllerInstruments.variantWeight,
    shown.flatMap((view) =>
      view.allocations.flatMap(({ context, variants }) =>
        eachOnce(variants).map(({ id, role, weight }) => ({
          labels: { ...labelsOf(view, context), variant: id, role },
          value: weight,
        })),
      ),
    ),
  );
  family(
    controllerInstruments.variantInfo,
    shown.flatMap((view) =>
      view.allocations.flatMap(({ context, variants }) =>
        eachOnce(variants).flatMap(({ id, role, parameters }) =>
          Object.entries(parameters).map(([parameter, value]) => ({
            labels: { ...labelsOf(view, context), variant: id, role, parameter, value: String(value) },
            value: 1,
          })),
        ),
      ),
    ),
  );
  const safety = shown.flatMap(safetyOf);
  family(
    controllerInstruments.breakerState,
    safety.map(({ labels, breaker }) => ({ labels, value: breaker })),
  );
  family(
    controllerInstruments.sampleRatioMismatch,
    safety.map(({ labels, isMismatched }) => ({ labels, value: isMismatched ? 1 : 0 })),
  );
  const experiments = shown.flatMap(experimentOf);
  for (const [instrument, value] of DIFFERENCES) {
    const measured = experiments.flatMap(({ labels, report: { difference } }) =>
      difference === undefined ? [] : [{ labels, value: value(difference) }],
    );
    family(instrument, measured);
  }
  family(
    controllerInstruments.experimentArm,
    experiments.flatMap(({ labels, report }) =>
      report.arms.map(({ arm, strategy, share }) => ({ labels: { ...labels, arm, strategy }, value: share })),
    ),
  );
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const DIFFERENCES: readonly (readonly [Instrument, (difference: Interval) => number])[] = [
  [controllerInstruments.experimentDifference, ({ estimate }) => estimate],
  [controllerInstruments.experimentDifferenceLower, ({ lower }) => lower],
  [controllerInstruments.experimentDifferenceUpper, ({ upper }) => upper],
];

function experimentOf({
  component,
  operation,
  decision,
}: OperationView): { labels: Sample["labels"]; report: ExperimentReport }[] {
  const report = decision?.experiment;
  return report === undefined ? [] : [{ labels: { component, operation, experiment: report.name }, report }];
}

/** Both arms of an experiment may serve a variant in one role: one series has the sum. */
function eachOnce(variants: Allocation["variants"]): Allocation["variants"] {
  const found = new Map<string, Allocation["variants"][number]>();
  for (const variant of variants) {
    const place = `${variant.role} ${variant.id}`;
    const other = found.get(place);
    found.set(place, other === undefined ? variant : { ...other, weight: other.weight + variant.weight });
  }
  return [...found.values()];
}

/** How the breaker's states are numbered: the worse, the higher. */
const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 } as const;

/** Under an experiment both arms decide about a context: it is as bad as the worse of them. */
function safetyOf(view: OperationView): { labels: Sample["labels"]; breaker: number; isMismatched: boolean }[] {
  const found = new Map<string, { labels: Sample["labels"]; breaker: number; isMismatched: boolean }>();
  for (const { context, breaker = "closed", isSampleMismatched = false } of view.decision?.contexts ?? []) {
    const place = contextId(context);
    const other = found.get(place);
    found.set(place, {
      labels: labelsOf(view, context),
      breaker: Math.max(BREAKER_STATES[breaker], other?.breaker ?? 0),
      isMismatched: isSampleMismatched || other?.isMismatched === true,
    });
  }
  return [...found.values()].slice(0, MOST_CONTEXTS_PER_OPERATION);
}

/** Under an experiment the lift is the control's: what the operation's own strategy is worth. */
function liftsOf(
  view: OperationView,
): { labels: Sample["labels"]; lift: { estimate: number; lower: number; upper: number } }[] {
  return (view.decision?.contexts ?? [])
    .filter(({ arm }) => arm !== "treatment")
    .slice(0, MOST_CONTEXTS_PER_OPERATION)
    .flatMap(({ context, lift }) => (lift === undefined ? [] : [{ labels: labelsOf(view, context), lift }]));
}

function labelsOf(
  { component, operation }: OperationView,
  context: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.fromEntries(Object.entries(context).map(([key, value]) => [contextLabel(key), value]));
  return { component, operation, ...own };
}
