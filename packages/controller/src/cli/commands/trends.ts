/** `trimtab trends` and `trimtab loops` */
import { describeContext } from "@trimtab/conventions";
import type { WireLoops, WireSlope } from "../../http/wire/loop-wire.ts";
import type { WireTrend, WireTrendPoint } from "../../http/wire/trend-wire.ts";
import { type Command, type CommandCall, EXIT, textOption } from "../command.ts";
import { contextOption } from "../context-option.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";
import { percentText, secondsText, signedText, timeText, valuesText } from "../number-text.ts";
import { textTable } from "../text-table.ts";

/** Shows what an operation did over months. */
export const trendsCommand: Command = {
  name: "trends",
  summary: "shows what an operation did over months and years",
  details:
    "From the controller's own store, whatever the metric source keeps. Times in which nothing was measured are left out.",
  argument: "<component> <operation>",
  options: {
    since: { type: "string", value: "DURATION", description: "how far back; else 180d" },
    step: { type: "string", value: "DURATION", description: "the length of a row in whole hours; else 30d" },
    ctx: { type: "string", value: "KEY=VALUE", description: "of this context, one key each", isList: true },
    ...controllerOptions,
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 2, max: 2 },
  async run(call, terminal) {
    const query = new URLSearchParams({ step: textOption(call, "step") ?? "30d" });
    const since = textOption(call, "since");
    if (since !== undefined) query.set("since", since);
    const context = contextOption(call);
    for (const [key, value] of Object.entries(context)) query.set(`ctx.${key}`, value);
    const client = await controllerClient(call.options, terminal.environment);
    const trend = await client.require<WireTrend>(`/v1/trends/${addressOf(call)}?${query.toString()}`);
    if (call.options["json"] === true) terminal.print(JSON.stringify(trend, null, 2));
    else if (trend.points.length === 0)
      terminal.print(
        `Nothing was measured of ${call.positionals.join(" / ")} in ${describeContext(context)} since ${timeText(trend.since)}.`,
      );
    else terminal.print(textTable(tableOf(trend.points)).join("\n"));
    return EXIT.ok;
  },
};

/** Shows how the loops of an operation stand. */
export const loopsCommand: Command = {
  name: "loops",
  summary: "shows how learning stands by length: passes, weeks, months",
  argument: "<component> <operation>",
  options: { ...controllerOptions, json: { type: "boolean", description: "as JSON, for programs" } },
  positionals: { min: 2, max: 2 },
  async run(call, terminal) {
    const client = await controllerClient(call.options, terminal.environment);
    const loops = await client.require<WireLoops>(`/v1/loops/${addressOf(call)}`);
    terminal.print(
      call.options["json"] === true ? JSON.stringify(loops, null, 2) : describeLoops(loops, terminal.paint),
    );
    return EXIT.ok;
  },
};

function addressOf({ positionals }: CommandCall): string {
  return positionals.map(encodeURIComponent).join("/");
}

function tableOf(points: readonly WireTrendPoint[]): string[][] {
  return [
    ["from", "calls", "success", "latency", "quality", "feedback", "lift", "in force"],
    ...points.map((point) => [timeText(point.from), ...cellsOf(point)]),
  ];
}

function cellsOf({
  total,
  successRate,
  durationSeconds,
  quality,
  feedback,
  lift,
  parameters,
}: WireTrendPoint): string[] {
  return [
    total === undefined ? "0" : String(Math.round(total)),
    percentText(successRate),
    secondsText(durationSeconds?.mean.value),
    quality?.mean.value === undefined ? "-" : quality.mean.value.toFixed(3),
    feedback === undefined ? "-" : `${feedback.mean.toFixed(2)} of ${feedback.entries}`,
    lift === undefined ? "-" : `${signedText(lift.estimate)} (${signedText(lift.lower)} to ${signedText(lift.upper)})`,
    valuesText(parameters ?? {}),
  ];
}

function describeLoops(
  { component, operation, short, medium, long }: WireLoops,
  paint: (style: "bold" | "dim", text: string) => string,
): string {
  const { validation, corrections, lastPass, everySeconds } = short;
  const reasons = countsText(validation.byReason);
  const weeks = [
    ...(medium.before === undefined ? [] : [["the weeks before", ...cellsOf(medium.before)]]),
    ...(medium.now === undefined ? [] : [["these weeks", ...cellsOf(medium.now)]]),
  ];
  const [head = [], ...months] = tableOf(long.months);
  return [
    paint("bold", `${component} / ${operation}`),
    `short: a pass every ${everySeconds} s, ${lastPass === undefined ? "none yet" : `the last one ${timeText(lastPass.at)}`}`,
    ...(lastPass === undefined ? [] : [`  ${validation.contexts} contexts: ${reasons}`]),
    ...corrections.map(
      ({ at, context, parameter, from, to, reason }) =>
        `  taken back ${timeText(at)} in ${describeContext(context)}: ${parameter} ${from} -> ${to}. ${reason}`,
    ),
    `medium: ${medium.sinceDays} days, adaptations: ${countsText(medium.adaptations)}`,
    ...(weeks.length === 0 ? [] : textTable([["", ...head.slice(1)], ...weeks]).map((line) => `  ${line}`)),
    `long: ${long.since === undefined ? "nothing was measured yet" : `since ${timeText(long.since)}`}`,
    ...Object.entries(long.directions).map(([measure, slope]) => `  ${measure} ${slopeText(slope)}`),
    ...(months.length === 0 ? [] : textTable([head, ...months]).map((line) => `  ${line}`)),
  ].join("\n");
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? "none" : entries.map(([name, count]) => `${count} ${name}`).join(", ");
}

function slopeText({ direction, per30Days, lower, upper, days }: WireSlope): string {
  const number = (value: number): string => `${value > 0 ? "+" : ""}${Number(value.toPrecision(3))}`;
  return `${direction}: ${number(per30Days)} in 30 days (${number(lower)} to ${number(upper)}), by ${days} days`;
}
