/** `trimtab review` */
import type { WireReview } from "../../http/wire/review-wire.ts";
import { type Command, EXIT, type Terminal, textOption } from "../command.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";
import { signedText, timeText } from "../number-text.ts";

type Operation = WireReview["operations"][number];

/** Shows what learning did in a period, and what of it nobody asked for. */
export const reviewCommand: Command = {
  name: "review",
  summary: "shows what learning did in a period, and what of it nobody asked for",
  details:
    "Impact is the lift against the holdout, in the same windows. Side effects are measures that the objective leaves out.",
  options: {
    since: { type: "string", value: "DURATION", description: "how far back", default: "30d" },
    ...controllerOptions,
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 0, max: 0 },
  async run(call, terminal) {
    const client = await controllerClient(call.options, terminal.environment);
    const since = textOption(call, "since") ?? "30d";
    const review = await client.require<WireReview>(`/v1/review?since=${encodeURIComponent(since)}`);
    terminal.print(call.options["json"] === true ? JSON.stringify(review, null, 2) : describe(review, terminal));
    return EXIT.ok;
  },
};

function describe({ since, until, operations }: WireReview, { paint }: Terminal): string {
  const blocks = operations.map((operation) =>
    [
      `${paint("bold", `${operation.component} / ${operation.operation}`)}   mode ${operation.mode}`,
      ...[
        ...changesOf(operation),
        ...verdictsOf(operation),
        ...impactOf(operation),
        ...sideEffectsOf(operation),
        ...troubleOf(operation),
        ...openOf(operation),
      ].map((line) => `  ${line}`),
    ].join("\n"),
  );
  return [`From ${timeText(since)} to ${timeText(until)}`, ...blocks].join("\n\n");
}

function changesOf({ parameters, isWhole }: Operation): string[] {
  if (parameters.length === 0) return ["changes: no parameter is declared"];
  const lines = parameters.map(({ parameter, statuses, applied }) => {
    const counts = Object.entries(statuses).map(([status, count]) => `${count} ${status}`);
    if (counts.length === 0) return `changes of ${parameter}: none`;
    return `changes of ${parameter}: ${applied} came into force; now ${counts.join(", ")}`;
  });
  return isWhole ? lines : [...lines, "there were more changes than are counted here"];
}

function verdictsOf({ verdicts: { approved, rejected, rolledBack, takenBack } }: Operation): string[] {
  return [
    ...(approved + rejected + rolledBack === 0
      ? []
      : [`people: approved ${approved}, rejected ${rejected}, rolled back ${rolledBack}`]),
    ...(takenBack === 0 ? [] : [`taken back for what it did: ${takenBack}`]),
  ];
}

function impactOf({ impact, contextsWithData, contextsWithoutData }: Operation): string[] {
  if (impact.length === 0) return ["impact: no data (nothing is served beside the holdout, or it had no calls yet)"];
  const lines = impact.map(
    ({ context, estimate, lower, upper, windows, verdict }) =>
      `impact in ${nameOf(context)}: ${signedText(estimate)} (${signedText(lower)} to ${signedText(upper)}) over ${windows} windows: ${verdict}`,
  );
  const more = contextsWithData - impact.length;
  if (more > 0) lines.push(`and ${more} more contexts with fewer calls`);
  if (contextsWithoutData > 0) lines.push(`no data for the impact in ${contextsWithoutData} contexts`);
  return lines;
}

function sideEffectsOf({ sideEffects }: Operation): string[] {
  if (sideEffects.length === 0) return ["side effects: no data outside of the objective"];
  return sideEffects.map(({ measure, unit, holdout, served, relative, isWorse }) => {
    const change = relative === undefined ? "" : ` (${signedText(relative * 100)} %)`;
    const sides = `${number(holdout)} in the holdout, ${number(served)} served`;
    return `side effect on ${measure}${unit === "" ? "" : ` in ${unit}`}: ${sides}${change}${isWorse ? ": WORSE" : ""}`;
  });
}

function troubleOf({ oscillations, breakers }: Operation): string[] {
  return [
    ...oscillations.map(
      ({ context, parameter, values, returns }) =>
        `${returns > 1 ? "oscillation" : "a value came back"} in ${nameOf(context)}: ${parameter} ${values.join(" -> ")} (${returns} returns)`,
    ),
    ...breakers.map(({ context, state }) => `breaker ${state} in ${nameOf(context)}`),
  ];
}

function openOf({ awaiting, resetDueAt }: Operation): string[] {
  return [
    ...awaiting.map(
      ({ id, at, parameter, oldValue, newValue, confidence }) =>
        `waits for a person since ${timeText(at)}: ${parameter} ${oldValue} -> ${newValue}, confidence ${confidence.toFixed(2)} (${id})`,
    ),
    ...(resetDueAt === undefined ? [] : [`reset due ${timeText(resetDueAt)}`]),
  ];
}

function nameOf(context: string): string {
  return context === "" ? "every context" : context;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
