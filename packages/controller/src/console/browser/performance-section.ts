/** What an operation did in the last hour, day, week or month. */
import { type ComponentChildren, type VNode } from "preact";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { section, time, whenRead } from "./parts.ts";
import { apiPath } from "./routes.ts";
import { count, duration, NOTHING, number, percent, readingText } from "./text.ts";
import type { WireOperation, WirePerformance, WireSummary } from "./wire.ts";

const PERIODS = ["1h", "24h", "7d", "30d"];

/** The part of an operation's view. */
export function performanceSection(console: Console, { component, operation }: WireOperation): VNode {
  const asked = console.place.filters["period"] ?? "1h";
  const period = PERIODS.includes(asked) ? asked : "1h";
  const reading = console.feed.read<WirePerformance>(
    apiPath(["v1", "performance", component, operation], { period }),
    30,
  );
  return section(
    "Performance",
    h(
      "div",
      { class: "tabs", role: "group", "aria-label": "Period" },
      PERIODS.map((each) =>
        h(
          "button",
          {
            key: each,
            type: "button",
            "aria-pressed": each === period ? "true" : "false",
            onClick: () => console.go(console.place.path, { ...console.place.filters, period: each }),
          },
          each,
        ),
      ),
    ),
    whenRead(reading, (summary) => [
      summaryList(summary),
      h(
        "p",
        { class: "quiet" },
        "From ",
        time(summary.window.from, console.now),
        " to ",
        time(summary.window.to, console.now),
        ".",
      ),
    ]),
  );
}

/** A summary as terms and values; what was not measured says why. */
function summaryList(summary: WireSummary): ComponentChildren {
  if (summary.kind !== "value") return noValue(summary);
  const { total, successRate, outcomes, durationSeconds, quality, cost } = summary;
  const entries: [string, ComponentChildren][] = [
    ["calls", count(total)],
    ["success rate", percent(successRate)],
    ["failures", count(outcomes?.failure)],
    ["partials", count(outcomes?.partial)],
    ["mean duration", measured(durationSeconds?.mean, duration)],
    ["p50", measured(durationSeconds?.p50, duration)],
    ["p95", measured(durationSeconds?.p95, duration)],
    ["p99", measured(durationSeconds?.p99, duration)],
    ["mean quality", measured(quality?.mean, number)],
    ...Object.entries(cost ?? {}).map(([unit, { sum }]): [string, ComponentChildren] => [
      `cost in ${unit}`,
      number(sum),
    ]),
  ];
  return h(
    "dl",
    { class: "numbers" },
    entries.map(([term, value]) => h("div", { key: term }, h("dt", null, term), h("dd", null, value))),
  );
}

/** Why there are no numbers. */
export function noValue({ kind, detail }: Pick<WireSummary, "kind" | "detail">): VNode {
  return h("p", { class: "empty" }, h("b", null, readingText(kind)), detail === undefined ? "" : `: ${detail}`);
}

function measured(
  reading:
    | { readonly kind: string; readonly value?: number | undefined; readonly detail?: string | undefined }
    | undefined,
  text: (value: number) => string,
): ComponentChildren {
  if (reading === undefined) return NOTHING;
  if (reading.value !== undefined) return text(reading.value);
  return h("span", { class: "quiet", title: reading.detail }, readingText(reading.kind));
}
