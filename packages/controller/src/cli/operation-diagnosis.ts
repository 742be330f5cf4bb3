/** Why is nothing learned about one operation? Pure. */
import { UNKNOWN_VARIANT } from "@trimtab/conventions";
import type { DiscoveredOperation } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { didYouMean } from "../nearest.ts";
import type { Finding } from "./finding.ts";

/** What the last decisions of an operation say. */
export interface DecisionFacts {
  readonly component: string;
  readonly operation: string;
  /** The newest first. */
  readonly evidence: readonly { readonly kind: string; readonly detail?: string | undefined }[];
  /** The newest decision's reasons, with how many contexts have each. */
  readonly reasons: readonly { readonly code: string; readonly sentence: string; readonly contexts: number }[];
}

/** Fewer calls than this in an hour, and a comparison takes days. */
const FEW_CALLS_PER_HOUR = 100;

/** What is to be said of one configured operation. */
export function operationFindings(
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

/** Is it only measured? */
export function modeFindings({ mode, parameters }: OperationPolicy): Omit<Finding, "subject">[] {
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

/** What the last decisions could not do. */
export function decisionFindings({ evidence, reasons }: DecisionFacts): Omit<Finding, "subject">[] {
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
  "no-data": "Is the service called, and are its metrics scraped, or its outcomes reported?",
  "not-a-number": "A metric of the service is NaN or infinite; look for it on its metrics page.",
  "several-series": "Two sources report the same calls; keep one of them.",
  stale: "Scrapes arrive late or not at all; is the target up, and is metrics.scrapeInterval right?",
  timeout: "The metric source is slow; raise metrics.timeout or relieve it.",
};

function spanOf(source: "prometheus" | "embedded"): string {
  return source === "prometheus" ? "in the last hour" : "since the service started";
}
