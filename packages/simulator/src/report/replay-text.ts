/** What a replay says, for people. */
import { describeContext } from "@trimtab/conventions";
import type { StrategyChoice } from "@trimtab/learning";
import type { ReplayTotals } from "../replay/context-tally.ts";
import type { SettingShare } from "../replay/share-segment.ts";
import type { StrategyReplay } from "../replay/strategy-replay.ts";
import { textTable } from "./text-table.ts";

const MOST_CONTEXTS = 20;
const MOST_SETTINGS = 3;

/** The report as text. */
export function replayText(replay: StrategyReplay): string {
  const { component, operation, contexts, all, cycles, first, last } = replay;
  const other = strategyText(replay.other);
  const listed = contexts.toSorted((left, right) => right.calls - left.calls).slice(0, MOST_CONTEXTS);
  const rows = listed.map((each) => [
    describeContext(each.context),
    Math.round(each.calls).toString(),
    settingsText(each.servedSettings),
    settingsText(each.otherSettings),
    percent(each.known),
    differenceText(each),
  ]);
  const left = contexts.length - listed.length;
  return [
    `${component}.${operation}: ${cycles} cycles (${first} to ${last}), ${timeText(replay.from)} to ${timeText(replay.to)}, ${Math.round(all.calls)} calls.`,
    `Served by ${replay.recorded.map(strategyText).join(", then ")}; replayed with ${other} in mode auto.`,
    ...(replay.unreadable === 0 ? [] : [`In ${replay.unreadable} cycles nothing could be read; both sides held.`]),
    `Settings are written as ${parameterNames(replay).join("/")}.`,
    "",
    ...textTable(
      ["context", "calls", "was served", "would have been served", "known", "difference in utility (95 %)"],
      [...rows, ["all", Math.round(all.calls).toString(), "", "", percent(all.known), differenceText(all)]],
    ),
    ...(left === 0 ? [] : [`… and ${left} contexts with fewer calls; --json has all of them.`]),
    "",
    ...verdict(replay, other),
    "",
    ...(replay.withoutRatings ? ["Ratings arrive later than their calls and are left out of these utilities."] : []),
    "What this can say: how settings compare that were served at the same time, weighed as the other strategy would have weighed them.",
    "What it cannot: what settings would have done that nobody tried, what people would have said about other changes, and how the service would have",
    "reacted to other load. Where the other strategy would have tried something new it learns nothing here, though it would have in service. Whoever replays",
    "many strategies and takes the best one sees luck, too: confirm it in service, with a share of the calls.",
  ].join("\n");
}

/** The answer in words. */
function verdict({ all, divergedAfter }: StrategyReplay, other: string): string[] {
  if (divergedAfter === undefined) return [`${other} would have served the same in every cycle.`];
  const start = `After cycle ${divergedAfter} it would have served something else.`;
  const { difference, known, bounds } = all;
  if (difference === undefined)
    return [start, `Nothing can be said: what ${other} would have served was never measured at the time.`];
  const { estimate, lower, upper } = difference;
  const worth = lower > 0 ? "better" : upper < 0 ? "worse" : "neither better nor worse, as far as can be told";
  const amount = lower > 0 || upper < 0 ? ` by ${Math.abs(estimate).toFixed(4)} of utility per call` : "";
  const sentences = [
    start,
    `On the ${percent(known)} of its calls on settings that were measured at the time, ${other} would have been ${worth}${amount} (95 %: ${signed(lower)} to ${signed(upper)}).`,
  ];
  if (bounds !== undefined)
    sentences.push(
      `The other ${percent(1 - known)} are unknown: whatever they had brought, the difference over all calls lies between ${signed(bounds.lower)} and ${signed(bounds.upper)}.`,
      "From the first of them on it decides here without what they would have taught it, so in service it might have gone another way.",
    );
  return sentences;
}

function differenceText({ difference }: ReplayTotals): string {
  if (difference === undefined) return "unknown";
  const { estimate, lower, upper } = difference;
  return lower === upper ? signed(estimate) : `${signed(estimate)} (${signed(lower)} to ${signed(upper)})`;
}

function settingsText(settings: readonly SettingShare[]): string {
  const shown = settings.slice(0, MOST_SETTINGS).map(({ parameters, share, variant }) => {
    const values = Object.values(parameters).join("/");
    return `${values === "" ? variant : values}: ${percent(share)}`;
  });
  const rest = settings.slice(MOST_SETTINGS).reduce((sum, { share }) => sum + share, 0);
  return [...shown, ...(rest < 0.0005 ? [] : [`others ${percent(rest)}`])].join("; ");
}

function parameterNames({ contexts }: StrategyReplay): string[] {
  const settings = contexts.flatMap(({ servedSettings, otherSettings }) => [...servedSettings, ...otherSettings]);
  return Object.keys(settings.find(({ parameters }) => Object.keys(parameters).length > 0)?.parameters ?? {});
}

function strategyText({ kind, options }: StrategyChoice): string {
  const written = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const name = kind === "default" ? "response-surface" : kind;
  return written.length === 0 ? name : `${name} (${written.join(", ")})`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value > 99.9 && value < 100 ? "99.9" : Number(value.toFixed(1))} %`;
}

function signed(value: number): string {
  const text = value.toFixed(4);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text.replace(/^-(0\.0+)$/, "$1");
}

function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
