/** Why is nothing learned? From facts to findings, each with its remedy; pure. */
import type { DiscoveredOperation, MetricSourceKind, OperationKey, SourceTarget } from "@trimtab/engine";
import type { OperationPolicy, Reading } from "@trimtab/learning";
import type { Finding } from "./finding.ts";
import { type DecisionFacts, operationFindings } from "./operation-diagnosis.ts";
import { type ReportFacts, reportedFindings } from "./reported-diagnosis.ts";

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

/** Everything that was found out. */
export interface Facts {
  readonly policies: readonly OperationPolicy[];
  readonly source: { readonly kind: MetricSourceKind; readonly address: string };
  readonly targets: readonly SourceTarget[];
  readonly seen: Reading<readonly DiscoveredOperation[]>;
  /** Undefined where no controller answered. */
  readonly controller: ControllerFacts | undefined;
  readonly decisions: readonly DecisionFacts[];
  /** The operations whose outcomes are reported instead of scraped. */
  readonly reported?: readonly ReportFacts[];
  /** The operations that the file lacks and services have registered. */
  readonly registered?: readonly OperationKey[];
}

/** Clocks further apart than this make windows of one that the other does not have yet. */
const LARGEST_CLOCK_DIFFERENCE_SECONDS = 5;

/** Everything that can be said, from the outside inwards. */
export function diagnose(facts: Facts): Finding[] {
  const findings: Finding[] = [];
  if (facts.controller !== undefined) findings.push(...controllerFindings(facts.controller));
  for (const { component, operation } of facts.registered ?? [])
    findings.push({
      state: "ok",
      subject: `${component} / ${operation}`,
      message: "is registered by a service, and only observed",
    });
  for (const policy of facts.policies) {
    const own = facts.reported?.find((each) => isSame(each, policy));
    const decided = facts.decisions.find((each) => isSame(each, policy));
    if (own !== undefined) findings.push(...reportedFindings(policy, own, decided));
  }
  const { kind } = facts.source;
  if (kind === "reported") return findings;
  findings.push(...sourceFindings(facts));
  if (facts.seen.kind !== "value") return findings;
  const seen = facts.seen.value;
  for (const policy of facts.policies) {
    if (facts.reported?.some((each) => isSame(each, policy)) === true) continue;
    const own = seen.find((each) => isSame(each, policy));
    const decided = facts.decisions.find((each) => isSame(each, policy));
    findings.push(...operationFindings(policy, own, seen, kind, decided));
  }
  findings.push(...notConfigured([...facts.policies, ...(facts.registered ?? [])], seen));
  return findings;
}

function isSame(left: Pick<OperationPolicy, "component" | "operation">, right: typeof left): boolean {
  return left.component === right.component && left.operation === right.operation;
}

/** What a controller says of itself, judged. */
export function controllerFindings({ url, secondsAhead, source, cycles }: ControllerFacts): Finding[] {
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

function sourceFindings({ source, seen, targets }: Pick<Facts, "source" | "seen" | "targets">): Finding[] {
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

function notConfigured(known: readonly OperationKey[], seen: readonly DiscoveredOperation[]): Finding[] {
  return seen
    .filter(
      ({ component, operation }) => !known.some((each) => each.component === component && each.operation === operation),
    )
    .map(({ component, operation }) => ({
      state: "note",
      subject: `${component} / ${operation}`,
      message: "is tracked, but not configured",
      remedy: 'Add it to trimtab.yaml; "trimtab init --out -" writes the section.',
    }));
}
