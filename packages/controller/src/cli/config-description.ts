/** What a configuration means, in plain words. Pure. */
import { formatDuration, type ParameterSpecification, stepOf, valuesOf } from "@trimtab/conventions";
import { describePostgres, NOTICE_TYPES } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import type { AlertRule } from "../config/alert-settings.ts";
import { originOf } from "../config/listen-address.ts";
import { isReportedComponent } from "../config/reported-components.ts";
import type { WebhookSettings } from "../config/webhook-settings.ts";
import type { Config } from "../config.ts";

type DescribeConstraint = (constraint: OperationPolicy["constraints"][number]) => string;

/** What governs the controller as a whole. */
export function describeController({
  listen,
  intervalMilliseconds,
  store,
  tokens,
  metrics,
  allowsRegistration,
  webhooks,
  alerts,
}: Config): string[] {
  const access =
    tokens.length === 0
      ? "no tokens: whoever reaches the port may do everything"
      : `${tokens.length} ${tokens.length === 1 ? "token" : "tokens"}: ${tokens.map(({ name, roles }) => `${name} (${roles.join(", ")})`).join("; ")}`;
  const source =
    metrics.source === "embedded"
      ? `reads ${metrics.targets.join(", ")} every ${formatDuration(metrics.scrapeIntervalMilliseconds)}`
      : metrics.source === "reported"
        ? "waits for the services to report their operations (POST /v1/outcomes)"
        : `asks the Prometheus at ${metrics.url}, waiting at most ${formatDuration(metrics.timeoutMilliseconds)} for an answer`;
  return [
    "The configuration is good.",
    "",
    `The controller listens on ${originOf(listen)} (${access}).`,
    ...guessableTokens(tokens),
    `It ${source}.`,
    `It looks at each operation every ${formatDuration(intervalMilliseconds)} and keeps its memory in ${store.kind === "sqlite" ? store.path : `${describePostgres(store.url)}, which it may share with others`}.`,
    ...(allowsRegistration
      ? ["Services may register operations that do not stand here; those are only observed."]
      : []),
    ...webhooks.map(describeWebhook),
    ...describeAlerts(alerts),
  ];
}

function guessableTokens(tokens: Config["tokens"]): string[] {
  return tokens
    .filter(({ isGuessable }) => isGuessable === true)
    .map(
      ({ name }) =>
        `Warning: the token ${name} can be guessed: it is short, or made of few different characters. "trimtab token" makes a good one.`,
    );
}

/** Of the address only where it leads: its path may be a secret of its own. */
function describeWebhook({ name, url, events, retryForMilliseconds }: WebhookSettings): string {
  const told = events.size === NOTICE_TYPES.length ? "everything that is decided or done" : [...events].join(", ");
  return `The webhook ${name} (${new URL(url).origin}) is told ${told}, tried again for up to ${formatDuration(retryForMilliseconds)}.`;
}

function describeAlerts(alerts: readonly AlertRule[]): string[] {
  if (alerts.length === 0) return [];
  return [
    ...alerts.map(({ match, action, withinMilliseconds, unfreezes }, index) => {
      const labels = Object.entries(match).map(([name, value]) => `${name}="${value}"`);
      const which = `${index === 0 ? "An" : "Any other"} alert${labels.length === 0 ? "" : ` with ${labels.join(" and ")}`}`;
      if (action === "none") return `${which} does nothing.`;
      if (action === "freeze")
        return `${which} freezes its operations ${unfreezes ? "until it ends" : "until a person unfreezes them"}.`;
      return `${which} takes back the changes of the ${formatDuration(withinMilliseconds)} before it.`;
    }),
    ...(alerts.some(({ match }) => Object.keys(match).length === 0) ? [] : ["All other alerts do nothing."]),
  ];
}

/** What governs one operation. */
export function describePolicy(
  policy: OperationPolicy,
  { metrics, reportedComponents }: Config,
  describeConstraint: DescribeConstraint,
): string[] {
  const {
    component,
    operation,
    context,
    parameters,
    objective,
    constraints,
    mode,
    confidence,
    holdout,
    strategy,
    experiment,
  } = policy;
  const names = Object.keys(parameters);
  const weights = Object.entries(objective).map(
    ([part, { weight }]: [string, { weight: number }]) => `${part} ${percent(weight)}`,
  );
  return [
    `${component} / ${operation}`,
    // Where all of them report, it was said above.
    ...(metrics.source !== "reported" && isReportedComponent(reportedComponents, component)
      ? ["  Its outcomes are reported (POST /v1/outcomes); its metrics are not read."]
      : []),
    context.length === 0
      ? "  One setting for all calls: no context is declared."
      : `  Settings may differ by ${context.join(", ")}.`,
    ...(names.length === 0
      ? ["  Nothing may be changed: no parameter is declared, the operation is only measured."]
      : []),
    ...names.map((name) => `  ${name}: ${describeParameter(parameters[name])}`),
    `  Better means: ${weights.join(", ")}.`,
    ...constraints.map((constraint) => `  Must hold: ${describeConstraint(constraint)}.`),
    `  ${describeMode(mode, confidence)}`,
    ...(names.length === 0 || mode === "observe"
      ? []
      : [
          `  ${percent(holdout)} of the calls keep the base values for ever, to measure against; ${strategy.kind} proposes what to try.`,
          ...(experiment === undefined
            ? []
            : [
                `  Experiment ${experiment.name}: ${percent(experiment.share)} of the other calls have ${experiment.treatment.kind} (the treatment) instead, and the two are compared.`,
              ]),
        ]),
  ];
}

function describeMode(mode: OperationPolicy["mode"], confidence: number): string {
  switch (mode) {
    case "observe":
      return "Only observed: nothing is tried, nothing changes.";
    case "suggest":
      return "Tries settings on a share of the calls; a person takes each change.";
    case "auto":
      return `Changes by itself with a confidence of ${confidence} or more; below it, only suggests.`;
  }
  throw new RangeError(`unknown mode ${String(mode)}`);
}

function describeParameter(specification: ParameterSpecification | undefined): string {
  if (specification === undefined) return "";
  switch (specification.type) {
    case "boolean":
      return `true or false, base ${specification.base}`;
    case "choice":
      return `one of ${specification.choices.join(", ")}, base ${specification.base}`;
    default: {
      const { min, max, base, scale } = specification;
      const count = valuesOf(specification).length;
      return `${min} to ${max} in steps of ${Number(stepOf(specification).toPrecision(6))} (${count} values${scale === "log" ? ", by factors" : ""}), base ${base}`;
    }
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}
