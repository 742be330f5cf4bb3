/** `trimtab explain` */
import { describeContext } from "@trimtab/conventions";
import type { WireAdaptation, WireExplainedAdaptation } from "../../http/wire/adaptation-wire.ts";
import type { WireVariantSummary } from "../../http/wire/learning-wire.ts";
import { type Command, CommandFailure, EXIT, type Terminal } from "../command.ts";
import { type ControllerClient, controllerClient, controllerOptions } from "../controller-client.ts";
import { percentText, secondsText, signedText, timeText, valuesText } from "../number-text.ts";
import { textTable } from "../text-table.ts";

/** Tells why a parameter was changed. */
export const explainCommand: Command = {
  name: "explain",
  summary: "tells why a parameter was changed: reason, numbers, test, queries, history",
  details:
    "The queries are PromQL; pasted into a Prometheus that scrapes the services they give what is shown above them.",
  argument: "<adaptation id | last>",
  options: {
    ...controllerOptions,
    queries: { type: "boolean", description: "every query, not only that of the calls" },
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 1, max: 1 },
  async run({ options, positionals }, terminal) {
    const client = await controllerClient(options, terminal.environment);
    const wanted = positionals[0] ?? "";
    const id = wanted === "last" ? await lastId(client) : wanted;
    const adaptation = await client.require<WireExplainedAdaptation>(`/v1/adaptations/${encodeURIComponent(id)}`);
    const isWhole = options["queries"] === true;
    terminal.print(
      options["json"] === true ? JSON.stringify(adaptation, null, 2) : explain(adaptation, isWhole, terminal),
    );
    return EXIT.ok;
  },
};

async function lastId(client: ControllerClient): Promise<string> {
  const { adaptations } = await client.require<{ adaptations: readonly WireAdaptation[] }>("/v1/adaptations?limit=1");
  const [last] = adaptations;
  if (last === undefined)
    throw new CommandFailure('There is no adaptation yet.\n"trimtab doctor" tells what learning waits for.');
  return last.id;
}

function explain(adaptation: WireExplainedAdaptation, isWhole: boolean, { paint }: Terminal): string {
  const { component, operation, context, parameter, oldValue, newValue, basis, liftNow, experiment } = adaptation;
  const sections = [
    [
      paint("bold", `${component} / ${operation}: ${parameter} ${oldValue} -> ${newValue}`),
      `  ${adaptation.status}, ${timeText(adaptation.at)}, for ${describeContext(context)}`,
      `  adaptation ${adaptation.id}, change ${adaptation.changeId}`,
      ...(experiment === undefined
        ? []
        : [
            `  in the ${experiment.arm} of the experiment ${experiment.name}: ${experiment.arm === "control" ? "the operation's own strategy" : "the strategy under test"}, on its share of the calls`,
          ]),
      ...adaptation.changedTogether.map(
        (each) => `  together with ${each.parameter} ${each.oldValue} -> ${each.newValue} (${each.id})`,
      ),
    ],
    [
      paint("bold", "Why"),
      `  ${adaptation.reason.sentence} (${adaptation.reason.code})`,
      `  confidence ${percentText(adaptation.confidence)}`,
    ],
    [
      paint(
        "bold",
        `What it rests on: ${windowsText(basis.windows)} from ${timeText(basis.window.from)} to ${timeText(basis.window.to)}`,
      ),
      ...comparison(basis.from, basis.to).map((line) => `  ${line}`),
      ...(basis.difference === undefined ? [] : [`  difference in utility ${intervalText(basis.difference)}`]),
      ...(basis.test === undefined
        ? []
        : [`  test ${basis.test.name}: ${short(basis.test.value)}, threshold ${short(basis.test.threshold)}`]),
      ...(basis.feedback === undefined ? [] : [`  feedback ${basis.feedback.join(", ")}`]),
    ],
    ...(basis.refused === undefined
      ? []
      : [
          [
            paint("bold", "What was refused beside it"),
            ...basis.refused.map(
              ({ parameters, reason }) =>
                `  ${parameters === undefined ? "" : `${valuesText(parameters)}: `}${reason.sentence} (${reason.code})`,
            ),
          ],
        ]),
    [
      paint("bold", "What came of it"),
      liftNow === undefined
        ? "  not known yet: the last decision has no lift for this context"
        : `  utility of what is served less the holdout's: ${intervalText(liftNow)}, over ${windowsText(liftNow.windows)} since ${timeText(liftNow.since)}`,
    ],
    [
      paint("bold", "History"),
      ...adaptation.history.map(({ at, status, reason }) => `  ${timeText(at)}  ${status}: ${reason.sentence}`),
    ],
    [
      paint("bold", `Every call from ${timeText(basis.window.from)} to ${timeText(basis.window.to)}`),
      ...countedLines(adaptation.counted).map((line) => `  ${line}`),
      ...(restsOnFewer(adaptation)
        ? ["  The test rests on fewer of them: cycles during which the shares changed count for neither side."]
        : []),
    ],
    [paint("bold", "To paste into Prometheus"), ...queryLines(adaptation.queries, isWhole).map((line) => `  ${line}`)],
  ];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

/** Durations and quality take hundreds of lines: whoever only reads wants to see that there is a query, and one of them. */
function queryLines(queries: WireExplainedAdaptation["queries"], isWhole: boolean): string[] {
  const shown = isWhole ? queries : queries.slice(0, 1);
  const hidden = queries.slice(shown.length).map(({ question }) => question);
  return [
    ...shown.flatMap(({ question, promql }) => [`# ${question}`, ...promql.split("\n")]),
    ...(hidden.length === 0 ? [] : [`# and ${hidden.join(", ")}: trimtab explain <id> --queries`]),
  ];
}

function comparison(from: WireVariantSummary, to: WireVariantSummary | undefined): string[] {
  const sides = to === undefined ? [from] : [from, to];
  const row = (name: string, text: (side: WireVariantSummary) => string): string[] => [name, ...sides.map(text)];
  return textTable([
    ["", ...(to === undefined ? ["measured"] : ["before", "after"])],
    row("variant", ({ variant }) => variant),
    row("parameters", ({ parameters }) => valuesText(parameters)),
    row("calls", ({ calls }) => countText(calls)),
    row("success rate", ({ successRate }) => percentText(successRate)),
    row("mean quality", ({ meanQuality }) => (meanQuality === undefined ? "-" : short(meanQuality))),
    row("mean duration", ({ meanDurationSeconds }) => secondsText(meanDurationSeconds)),
    row("p95 duration", ({ p95DurationSeconds }) => secondsText(p95DurationSeconds)),
    ...Object.keys({ ...from.meanCost, ...to?.meanCost }).map((unit) =>
      row(`mean cost (${unit})`, ({ meanCost }) => (meanCost?.[unit] === undefined ? "-" : short(meanCost[unit]))),
    ),
    row("utility", ({ utility }) => (utility === undefined ? "-" : utility.toFixed(4))),
  ]);
}

/** Whoever compares both tables sees that they differ, and must not take that for a fault. */
function restsOnFewer({ basis, counted }: WireExplainedAdaptation): boolean {
  return [basis.from, basis.to].some((side) => {
    const total = counted.variants.find(({ variant }) => variant === side?.variant)?.total;
    return side !== undefined && total !== undefined && Math.round(total) > Math.round(side.calls);
  });
}

/** What was counted, one row per variant. */
function countedLines({ kind, detail, variants }: WireExplainedAdaptation["counted"]): string[] {
  if (kind === "noData" || (kind === "value" && variants.length === 0)) {
    return ["the metric source holds nothing of this time any more"];
  }
  if (kind !== "value") return [`could not be read again (${kind}): ${detail ?? ""}`];
  return textTable([
    ["variant", "calls", "success", "failure", "partial", "mean duration", "p95 duration", "mean quality"],
    ...variants.map(({ variant, total, outcomes, durationSeconds, quality }) => [
      variant,
      countText(total),
      countText(outcomes?.success),
      countText(outcomes?.failure),
      countText(outcomes?.partial),
      secondsText(durationSeconds?.mean.value),
      secondsText(durationSeconds?.p95.value),
      quality?.mean.value === undefined ? "-" : short(quality.mean.value),
    ]),
  ]);
}

function windowsText(count: number): string {
  return `${count} ${count === 1 ? "window" : "windows"}`;
}

function countText(count: number | undefined): string {
  return count === undefined ? "-" : String(Number(count.toFixed(1)));
}

function intervalText({
  estimate,
  lower,
  upper,
  level,
}: {
  estimate: number;
  lower: number;
  upper: number;
  level: number;
}): string {
  return `${signedText(estimate)} (${signedText(lower)} to ${signedText(upper)}, ${percentText(level)} interval)`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
