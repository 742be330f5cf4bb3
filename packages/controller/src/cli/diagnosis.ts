/** Why is nothing learned? From facts to findings, each with its remedy; pure. */
import { UNKNOWN_VARIANT } from "@trimtab/conventions";
import type { DiscoveredOperation, SourceTarget } from "@trimtab/engine";
import type { OperationPolicy, Reading } from "@trimtab/learning";
import { didYouMean } from "../nearest.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `wrong`: it keeps something from being learned. `note`: it may be meant so. */
  readonly state: "ok" | "wrong" | "note";
  /** What was looked at, e.g. `metrics` or `shop / checkout`. */
  readonly subject: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What a controller said about its metric source and cycles. */
export interface ControllerFacts {
  readonly url: string;
  readonly secondsAhead: number;
  readonly source: { readonly reachable: boolean; readonly detail?: string | undefined };
  readonly cycles: readonly {
    readonly component: string;
    readonly operation: string;
    readonly failuresInARow: number;
    readonly problem?: string | undefined;
  }[];
}

/** What the last decisions of an operation say. */
export interface DecisionFacts {
  readonly component: string;
  readonly operation: string;
  /** The newest first. */
  readonly evidence: readonly { readonly kind: string; readonly detail?: string | undefined }[];
  /** The newest decision's reasons, with how many contexts have each. */
  readonly reasons: readonly { readonly code: string; readonly sentence: string; readonly contexts: number }[];
}

/** Everything that was found out. */
export interface Facts {
  readonly policies: readonly OperationPolicy[];
  readonly source: { readonly kind: "prometheus" | "embedded"; readonly address: string };
  readonly targets: readonly SourceTarget[];
  readonly seen: Reading<readonly DiscoveredOperation[]>;
  /** Undefined where no controller answered. */
  readonly controller: ControllerFacts | undefined;
  readonly decisions: readonly DecisionFacts[];
}

/** Clocks further apart than this make windows of one that the other does not have yet. */
const LARGEST_CLOCK_DIFFERENCE_SECONDS = 5;

/** Fewer calls than this in an hour, and a comparison takes days. */
const FEW_CALLS_PER_HOUR = 100;

/** Everything that can be said, from the outside inwards. */
export function diagnose(facts: Facts): Finding[] {
  const findings: Finding[] = [];
  if (facts.controller !== undefined) findings.push(...controllerFindings(facts.controller));
  findings.push(...sourceFindings(facts));
  if (facts.seen.kind !== "value") return findings;
  const seen = facts.seen.value;
  for (const policy of facts.policies) {
    const own = seen.find(
      ({ component, operation }) => component === policy.component && operation === policy.operation,
    );
    const decided = facts.decisions.find(
      (each) => each.component === policy.component && each.operation === policy.operation,
    );
    findings.push(...operationFindings(policy, own, seen, facts.source.kind, decided));
  }
  findings.push(...notConfigured(facts.policies, seen));
  return findings;
}

function controllerFindings({ url, secondsAhead, source, cycles }: ControllerFacts): Finding[] {
  const findings: Finding[] = [];
  if (Math.abs(secondsAhead) > LARGEST_CLOCK_DIFFERENCE_SECONDS) {
    findings.push({
      state: "wrong",
      subject: "clock",
      message: `the controller's clock is ${Math.abs(Math.round(secondsAhead))} s ${secondsAhead > 0 ? "ahead of" : "behind"} this machine's`,
      remedy: "Set both by NTP; windows are cut by the clock.",
    });
  }
  if (!source.reachable) {
    findings.push({
      state: "wrong",
      subject: "controller",
      message: `it cannot read its metric source: ${source.detail ?? "no answer"}`,
      remedy: "Check the section metrics of trimtab.yaml, from the controller's machine.",
    });
  }
  for (const { component, operation, failuresInARow, problem } of cycles) {
    if (failuresInARow === 0) continue;
    findings.push({
      state: "wrong",
      subject: `${component} / ${operation}`,
      message: `its last ${failuresInARow} cycles failed: ${problem ?? "unknown"}`,
      remedy: "The controller's log has the whole error.",
    });
  }
  if (findings.length === 0)
    findings.push({
      state: "ok",
      subject: "controller",
      message: `answers at ${url}, reads its source, and its cycles run`,
    });
  return findings;
}

function sourceFindings({ source, seen, targets }: Facts): Finding[] {
  if (seen.kind !== "value") {
    const remedy =
      source.kind === "prometheus"
        ? "Is Prometheus running, and is metrics.url its address? A proxy may need metrics.token or metrics.headers."
        : undefined;
    return [
      {
        state: "wrong",
        subject: "metrics",
        message: `${source.address} gave no answer: ${seen.detail}`,
        ...(remedy === undefined ? {} : { remedy }),
      },
    ];
  }
  const findings: Finding[] = [];
  const relevant =
    source.kind === "embedded" ? targets : targets.filter(({ up, hasOurSeries }) => !up || hasOurSeries === true);
  for (const { target, up, problem, hasOurSeries } of relevant) {
    if (!up)
      findings.push({
        state: source.kind === "embedded" ? "wrong" : "note",
        subject: target,
        message: problem ?? "is not up",
        remedy: "Is the service running, and is this the address of its metrics?",
      });
    else if (hasOurSeries === false) {
      findings.push({
        state: "wrong",
        subject: target,
        message: "is a metrics page, but holds no operation",
        remedy:
          "Start the service with the instrumentation (node --import @trimtab/instrumentation/register) and call a tracked operation once.",
      });
    }
  }
  if (seen.value.length === 0 && findings.every(({ state }) => state !== "wrong")) {
    const where =
      source.kind === "prometheus"
        ? "Prometheus has seen no tracked operation in the last hour"
        : "no page shows a tracked operation";
    const remedy =
      source.kind === "prometheus"
        ? "Is the service a target of this Prometheus (Status > Targets), and has an operation been called?"
        : "Has an operation been called since the service started?";
    findings.push({ state: "wrong", subject: "metrics", message: where, remedy });
  }
  if (findings.every(({ state }) => state !== "wrong")) {
    findings.push({
      state: "ok",
      subject: "metrics",
      message: `${source.address} shows ${seen.value.length} tracked ${seen.value.length === 1 ? "operation" : "operations"}`,
    });
  }
  return findings;
}

function operationFindings(
  policy: OperationPolicy,
  own: DiscoveredOperation | undefined,
  seen: readonly DiscoveredOperation[],
  source: "prometheus" | "embedded",
  decided: DecisionFacts | undefined,
): Finding[] {
  const subject = `${policy.component} / ${policy.operation}`;
  if (own === undefined) return seen.length === 0 ? [] : [{ subject, ...notSeen(policy, seen) }];
  const findings: Omit<Finding, "subject">[] = [
    ...trafficFindings(own, source),
    ...labelFindings(policy, own),
    ...objectiveFindings(policy, own),
    ...modeFindings(policy),
    ...(decided === undefined ? [] : decisionFindings(decided)),
  ];
  if (findings.length === 0)
    findings.push({
      state: "ok",
      message: `${Math.round(own.calls)} calls ${spanOf(source)}, ${own.variants.length} ${own.variants.length === 1 ? "variant" : "variants"}`,
    });
  return findings.map((finding) => ({ ...finding, subject }));
}

function notSeen(
  { component, operation }: OperationPolicy,
  seen: readonly DiscoveredOperation[],
): Omit<Finding, "subject"> {
  const components = [...new Set(seen.map((each) => each.component))];
  if (!components.includes(component)) {
    return {
      state: "wrong",
      message: `no series has component="${component}"${didYouMean(component, components)}`,
      remedy:
        "A service names its component by TRIMTAB_COMPONENT or service.name; write the same name into trimtab.yaml.",
    };
  }
  const operations = seen.filter((each) => each.component === component).map((each) => each.operation);
  return {
    state: "wrong",
    message: `no series of ${component} has operation="${operation}"${didYouMean(operation, operations)}`,
    remedy: "Write the name as the service tracks it, or call the operation once.",
  };
}

function trafficFindings(own: DiscoveredOperation, source: "prometheus" | "embedded"): Omit<Finding, "subject">[] {
  if (own.calls <= 0)
    return [
      {
        state: "wrong",
        message: `no calls ${spanOf(source)}`,
        remedy: "Without calls nothing can be measured; is the service in use?",
      },
    ];
  if (source === "prometheus" && own.calls < FEW_CALLS_PER_HOUR) {
    return [
      {
        state: "wrong",
        message: `only ${Math.round(own.calls)} calls in the last hour`,
        remedy: "It learns, but slowly: expect days. Fewer context keys or fewer parameters need fewer calls.",
      },
    ];
  }
  return [];
}

function labelFindings(policy: OperationPolicy, own: DiscoveredOperation): Omit<Finding, "subject">[] {
  const findings: Omit<Finding, "subject">[] = [];
  const keys = Object.keys(own.context);
  for (const key of policy.context) {
    if (keys.includes(key)) continue;
    findings.push({
      state: "wrong",
      message: `the context key ${key} is on no series (as label ctx_${key})${didYouMean(key, keys)}`,
      remedy: "The service has to declare the key too, and pass it with the calls.",
    });
  }
  if (own.variants.length > 0 && own.variants.every((variant) => variant === UNKNOWN_VARIANT || variant === "")) {
    findings.push({
      state: "wrong",
      message: "no call carries a variant: the service does not take its parameters from a controller",
      remedy: "Set TRIMTAB_CONTROLLER_URL for the service, and read the parameters through the instrumentation.",
    });
  }
  return findings;
}

function objectiveFindings({ objective }: OperationPolicy, own: DiscoveredOperation): Omit<Finding, "subject">[] {
  const findings: Omit<Finding, "subject">[] = [];
  if (objective.quality !== undefined && !own.hasQuality) {
    findings.push({
      state: "wrong",
      message: "the objective weighs quality, but no call was scored",
      remedy: "Report a quality with the calls, or remove objective.quality.",
    });
  }
  if (objective.cost !== undefined && !own.costUnits.includes(objective.cost.unit)) {
    findings.push({
      state: "wrong",
      message: `the objective weighs the cost in ${objective.cost.unit}, but no call reported one${didYouMean(objective.cost.unit, own.costUnits)}`,
      remedy: "Report the cost in this unit, or change objective.cost.unit.",
    });
  }
  return findings;
}

function modeFindings({ mode, parameters }: OperationPolicy): Omit<Finding, "subject">[] {
  if (Object.keys(parameters).length === 0)
    return [
      {
        state: "note",
        message: "declares no parameters, so it is only measured",
        remedy: "Declare under parameters what may be changed.",
      },
    ];
  return mode === "observe"
    ? [{ state: "note", message: "mode observe: nothing is tried", remedy: "Write mode: suggest or mode: auto." }]
    : [];
}

function decisionFindings({ evidence, reasons }: DecisionFacts): Omit<Finding, "subject">[] {
  const [last] = evidence;
  if (last === undefined)
    return [
      { state: "note", message: "no cycle has been recorded yet", remedy: "Wait for the first interval to pass." },
    ];
  if (last.kind !== "value") {
    const bad = evidence.filter(({ kind }) => kind !== "value").length;
    return [
      {
        state: "wrong",
        message: `the evidence of ${bad} of the last ${evidence.length} cycles could not be used (${last.kind}): ${last.detail ?? ""}`,
        remedy: REMEDIES[last.kind] ?? "The next cycle asks again by itself.",
      },
    ];
  }
  return reasons
    .filter(({ code }) => WAITING_REASONS.has(code))
    .map(
      ({ code, sentence, contexts }) =>
        ({
          state: "note",
          message: `${contexts} ${contexts === 1 ? "context waits" : "contexts wait"} (${code}): ${sentence}`,
        }) as const,
    );
}

const WAITING_REASONS: ReadonlySet<string> = new Set([
  "NO_CALLS",
  "COLLECTING",
  "TOO_FEW_CALLS",
  "BREAKER_OPEN",
  "LIMIT_UNKNOWN",
]);

const REMEDIES: Readonly<Record<string, string>> = {
  "no-data": "Is the service called, and are its metrics scraped?",
  "not-a-number": "A metric of the service is NaN or infinite; look for it on its metrics page.",
  "several-series": "Two sources report the same calls; keep one of them.",
  stale: "Scrapes arrive late or not at all; is the target up, and is metrics.scrapeInterval right?",
  timeout: "The metric source is slow; raise metrics.timeout or relieve it.",
};

function notConfigured(policies: readonly OperationPolicy[], seen: readonly DiscoveredOperation[]): Finding[] {
  return seen
    .filter(
      ({ component, operation }) =>
        !policies.some((policy) => policy.component === component && policy.operation === operation),
    )
    .map(({ component, operation }) => ({
      state: "note",
      subject: `${component} / ${operation}`,
      message: "is tracked, but not configured",
      remedy: 'Add it to trimtab.yaml; "trimtab init --out -" writes the section.',
    }));
}

function spanOf(source: "prometheus" | "embedded"): string {
  return source === "prometheus" ? "in the last hour" : "since the service started";
}
