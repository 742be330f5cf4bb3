/**
 * A module whose controller learns: parameters come from its document, feedback goes to its queue, and what happened is asked of it.
 * The controller reads the runs from the process' metrics; whatever it does, the work goes on with the last known good parameters.
 */
import type { Context } from "@trimtab/conventions";
import { createTracker, flush, type GivenFeedback, type ServedParameters } from "@trimtab/instrumentation";
import { ModuleAdaptationError, ModuleMetricsError } from "../errors.ts";
import { messageOf } from "../own-failures.ts";
import type {
  LearningReport,
  ModuleAdaptation,
  ModuleFeedbackStore,
  ModuleLog,
  ModuleMetricsStore,
  ModuleParameterStore,
  ProposedAdaptation,
  StoredModuleFeedback,
} from "../ports.ts";
import { parseResultId } from "../result-id.ts";
import { askController, type ControllerPlace, ControllerRefusal } from "./controller-request.ts";
import {
  adaptationOfWire,
  learnedOfWire,
  recordOfWire,
  type WireAdaptation,
  type WireCycle,
  type WireRecord,
} from "./controller-wire.ts";

/** What a module with a controller works with. */
export interface ControllerStoresOptions {
  readonly component: string;
  readonly controller: ControllerPlace;
  /** What this process has seen, for when the controller does not answer. */
  readonly local: ModuleMetricsStore;
  readonly log: ModuleLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Parameters, metrics and feedback at a controller. */
export interface ControllerStores {
  readonly parameters: ModuleParameterStore;
  readonly metrics: ModuleMetricsStore;
  readonly feedback: ModuleFeedbackStore;
}

/** Ids of feedback that this process has given; the controller knows them all, and counts each once. */
const MOST_REMEMBERED_IDS = 10_000;

/** Feedback that tells the controller of a proposal it may not be asked to carry out. */
const PROPOSAL_TYPE = "suggested_adaptation";

/** Ports to a controller. */
export function createControllerStores({
  component,
  controller,
  local,
  log,
  now,
}: ControllerStoresOptions): ControllerStores {
  const tracker = createTracker(component);
  const given = new Set<string>();
  const operate = async (method: "POST" | "PUT", path: string, body: unknown): Promise<unknown> => {
    try {
      return await askController(controller, method, path, body);
    } catch (error) {
      throw new ModuleAdaptationError(`the controller did not do it: ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    parameters: {
      parametersFor: (operation: string, context: Context, key): ServedParameters =>
        tracker.parameters(operation, context, key === undefined ? {} : { key }),
      async learn(): Promise<LearningReport> {
        const answer = (await operate("POST", "v1/learning-cycles", { component })) as { cycles: readonly WireCycle[] };
        return { operations: answer.cycles.map(learnedOfWire), suggestions: [] };
      },
      async suggest(proposed) {
        const made = adaptationOfProposal(proposed, now());
        const path = `v1/overrides/${encodeURIComponent(component)}/${encodeURIComponent(proposed.operation)}${contextQuery("?", proposed.context)}`;
        const values = { [proposed.parameter]: proposed.value };
        if (proposed.reachesThreshold) {
          try {
            await askController(controller, "PUT", path, { values, by: component, why: proposed.reason });
            log.info("adaptation applied", { ...made, component });
            return { ...made, status: "applied", applied: true };
          } catch (error) {
            if (!(error instanceof ControllerRefusal && (error.status === 401 || error.status === 403)))
              throw new ModuleAdaptationError(`the adaptation was not made: ${messageOf(error)}`, { cause: error });
          }
        }
        const { operation, context, parameter, value, confidence, reason, evidence } = proposed;
        const data = { parameter, value, confidence, evidence: [...evidence] };
        const about = { component, operation, context };
        tracker.feedback(about, { type: PROPOSAL_TYPE, comment: reason, data, key: made.id });
        log.warning("adaptation suggested only", { ...made, component });
        return made;
      },
      async adaptations(limit) {
        const path = `v1/adaptations?component=${encodeURIComponent(component)}&limit=${limit}`;
        try {
          const page = (await askController(controller, "GET", path)) as { adaptations: readonly WireAdaptation[] };
          return page.adaptations.map(adaptationOfWire);
        } catch (error) {
          throw new ModuleAdaptationError(`the controller tells no adaptations: ${messageOf(error)}`, { cause: error });
        }
      },
      close: () => flush(),
    },
    metrics: {
      record: (record) => local.record(record),
      summary: (period) => tracker.getPerformanceSummary(period),
      async recent(context, limit) {
        const path = `v1/records?component=${encodeURIComponent(component)}&limit=${limit}${contextQuery("&", context)}`;
        try {
          const page = (await askController(controller, "GET", path)) as { records: readonly WireRecord[] };
          if (page.records.length > 0) return page.records.map(recordOfWire);
        } catch (error) {
          log.debug("the controller tells no records; those of this process are told", { problem: messageOf(error) });
        }
        return local.recent(context, limit);
      },
    },
    feedback: {
      add(feedback) {
        if (given.has(feedback.id)) return Promise.resolve("known");
        const handle = handleOf(feedback);
        const subject = feedback.entity === undefined ? handle : { result: handle, entity: feedback.entity };
        if (!tracker.feedback(subject, givenFeedback(feedback)))
          return Promise.reject(new ModuleMetricsError("the feedback was refused; instrumentation has logged why"));
        if (given.size >= MOST_REMEMBERED_IDS) given.clear();
        given.add(feedback.id);
        return Promise.resolve("added");
      },
    },
  };
}

function adaptationOfProposal(proposed: ProposedAdaptation, now: number): ModuleAdaptation {
  const { operation, context, parameter, value, inForce, confidence, reason, evidence } = proposed;
  return {
    id: `s-${globalThis.crypto.randomUUID()}`,
    at: new Date(now),
    operation,
    context,
    parameter,
    oldValue: inForce,
    newValue: value,
    confidence,
    reason,
    basis: evidence,
    status: "sent",
    applied: false,
  };
}

function handleOf({ resultId }: StoredModuleFeedback): string {
  const parsed = parseResultId(resultId);
  return "handle" in parsed ? parsed.handle : resultId;
}

function givenFeedback(feedback: StoredModuleFeedback): GivenFeedback {
  const { id, type, rating, errorRate, score, comment, data, source, target, at } = feedback;
  const scored =
    rating !== undefined ? { rating } : errorRate !== undefined ? { errorRate } : score === undefined ? {} : { score };
  return {
    key: id,
    type,
    ...scored,
    ...(comment === undefined ? {} : { comment }),
    ...(data === undefined ? {} : { data }),
    source,
    ...(target === undefined ? {} : { target }),
    ...(at === undefined ? {} : { at }),
  };
}

/** `ctx.genre=rock&ctx.mood=calm`. */
function contextQuery(first: "?" | "&", context: Context): string {
  const pairs = Object.entries(context).map(
    ([key, value]) => `ctx.${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? "" : `${first}${pairs.join("&")}`;
}
