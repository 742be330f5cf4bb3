/** One adaptation explained: what changed, why, on which numbers, what was refused, and what came of it. */
import { type ComponentChildren, type VNode } from "preact";
import { decideChange } from "./acts.ts";
import { intervalPlot, valueSpan } from "./chart.ts";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { badge, button, cell, change, drawn, interval, link, reason, section, table, time, whenRead } from "./parts.ts";
import { noValue } from "./performance-section.ts";
import { apiPath } from "./routes.ts";
import { contextText, count, duration, number, percent, plural, readingText, valuesText } from "./text.ts";
import { STATUS_KINDS } from "./timeline-section.ts";
import type { WireExplainedAdaptation, WireVariantSummary } from "./wire.ts";

/** The view. */
export function adaptationView(console: Console, id: string): VNode {
  const reading = console.feed.read<WireExplainedAdaptation>(apiPath(["v1", "adaptations", id]), 15);
  return h(
    "main",
    null,
    h(
      "p",
      { class: "crumbs" },
      link([], "Operations"),
      reading.value === undefined ? null : operationCrumb(reading.value),
    ),
    whenRead(reading, (adaptation) => explained(console, adaptation)),
  );
}

function operationCrumb({ component, operation }: WireExplainedAdaptation): ComponentChildren {
  return [" / ", link(["operations", component, operation], `${component}.${operation}`)];
}

function explained(console: Console, adaptation: WireExplainedAdaptation): ComponentChildren {
  const { parameter, oldValue, newValue, status, context, confidence, at, changedTogether, experiment } = adaptation;
  return [
    h("h1", null, change(parameter, oldValue, newValue)),
    h(
      "p",
      { class: "facts" },
      badge(STATUS_KINDS[status] ?? "plain", status),
      h("span", null, contextText(context)),
      h("span", null, `confidence ${percent(confidence)}`),
      h("span", null, time(at, console.now)),
      experiment === undefined ? null : h("span", null, `${experiment.arm} of the experiment ${experiment.name}`),
    ),
    h("p", { class: "lead" }, reason(adaptation.reason)),
    changedTogether.length === 0
      ? null
      : h(
          "p",
          null,
          "Changed together with ",
          changedTogether.map((each, index) => [
            index === 0 ? "" : ", ",
            link(["adaptations", each.id], change(each.parameter, each.oldValue, each.newValue)),
          ]),
        ),
    actButtons(console, adaptation),
    basisSection(console, adaptation),
    refusedSection(adaptation),
    historySection(console, adaptation),
    impactSection(console, adaptation),
    evidenceSection(console, adaptation),
  ];
}

function actButtons(console: Console, adaptation: WireExplainedAdaptation): ComponentChildren {
  const { changeId, component, operation, context, changedTogether, status } = adaptation;
  const whole = { id: changeId, component, operation, context, parameters: [adaptation, ...changedTogether] };
  const open = (verb: Parameters<typeof decideChange>[1]) => () => console.act(decideChange(whole, verb));
  if (status === "suggested")
    return h(
      "p",
      { class: "buttons" },
      button("Approve …", open("approve"), { kind: "main" }),
      button("Reject …", open("reject")),
    );
  return status === "applied" ? h("p", { class: "buttons" }, button("Roll back …", open("rollback"))) : null;
}

function basisSection(console: Console, { basis }: WireExplainedAdaptation): VNode {
  const { from, to, difference, test, window, windows, feedback } = basis;
  const sides: [string, WireVariantSummary][] = [
    ["before", from],
    ...(to === undefined ? [] : [["after", to] as [string, WireVariantSummary]]),
  ];
  const units = [...new Set(sides.flatMap(([, side]) => Object.keys(side.meanCost ?? {})))];
  const rows: [string, (side: WireVariantSummary) => ComponentChildren][] = [
    ["values", ({ parameters, variant }) => h("span", { title: variant }, valuesText(parameters))],
    ["calls", ({ calls }) => count(calls)],
    ["success rate", ({ successRate }) => percent(successRate)],
    ["mean quality", ({ meanQuality }) => number(meanQuality)],
    ["mean duration", ({ meanDurationSeconds }) => duration(meanDurationSeconds)],
    ["p95 duration", ({ p95DurationSeconds }) => duration(p95DurationSeconds)],
    ...units.map((unit): [string, (side: WireVariantSummary) => ComponentChildren] => [
      `mean cost in ${unit}`,
      ({ meanCost }) => number(meanCost?.[unit]),
    ]),
    ["utility", ({ utility }) => number(utility)],
  ];
  return section(
    "What it rests on",
    table(
      ["", ...sides.map(([name]) => name)],
      rows.map(([name, value]) =>
        h(
          "tr",
          { key: name },
          h("th", { scope: "row" }, name),
          sides.map(([side, summary]) => h("td", { key: side }, value(summary))),
        ),
      ),
      { label: "Both sides of the comparison" },
    ),
    h(
      "p",
      { class: "quiet" },
      `${plural(windows, "window")} from `,
      time(window.from, console.now),
      " to ",
      time(window.to, console.now),
      ": both sides in the same windows.",
    ),
    difference === undefined
      ? null
      : h(
          "p",
          { class: "lift" },
          drawn(
            intervalPlot(
              [difference],
              valueSpan([difference]),
              { width: 200, rowHeight: 16 },
              "the difference in utility with its interval",
            ),
          ),
          h("span", null, "Difference in utility ", interval(difference)),
        ),
    test === undefined
      ? null
      : h(
          "p",
          null,
          `Test: ${test.name} ${number(test.value)}; ${number(test.threshold)} is needed. `,
          badge(
            test.value >= test.threshold ? "good" : "attention",
            test.value >= test.threshold ? "reached" : "not reached",
          ),
        ),
    feedback === undefined || feedback.length === 0
      ? null
      : h("p", null, `It rests on ${plural(feedback.length, "entry", "entries")} of feedback.`),
  );
}

function refusedSection({ basis }: WireExplainedAdaptation): ComponentChildren {
  const { refused = [] } = basis;
  if (refused.length === 0) return null;
  return section(
    "What was not taken",
    h(
      "ul",
      { class: "plain" },
      refused.map(({ variant, parameters, reason: why }) =>
        h(
          "li",
          { key: variant },
          h("b", null, parameters === undefined ? variant : valuesText(parameters)),
          ": ",
          reason(why),
        ),
      ),
    ),
  );
}

function historySection(console: Console, { history }: WireExplainedAdaptation): VNode {
  return section(
    "History",
    h(
      "ol",
      { class: "timeline" },
      history.map(({ status, at, reason: why }) =>
        h(
          "li",
          { key: at + status },
          h("div", { class: "when" }, time(at, console.now)),
          h("div", null, badge(STATUS_KINDS[status] ?? "plain", status), " ", reason(why)),
        ),
      ),
    ),
  );
}

function impactSection(console: Console, { liftNow, context, component, operation }: WireExplainedAdaptation): VNode {
  return section(
    "What came of it",
    liftNow === undefined
      ? h("p", { class: "empty" }, "No lift yet in this context.")
      : h(
          "p",
          null,
          "Lift of the context against the holdout: ",
          interval(liftNow),
          h(
            "span",
            { class: "quiet" },
            ` in ${plural(liftNow.windows, "window")} since `,
            time(liftNow.since, console.now),
            ".",
          ),
        ),
    h("p", null, link(["operations", component, operation], "Lift over time", { context: contextText(context) })),
  );
}

function evidenceSection(console: Console, { counted, queries, basis }: WireExplainedAdaptation): VNode {
  const known = [basis.from, ...(basis.to === undefined ? [] : [basis.to]), ...(basis.refused ?? [])];
  const valuesOf = (variant: string): string =>
    valuesText(known.find((each) => each.variant === variant)?.parameters ?? {});
  return section(
    "Ask Prometheus yourself",
    h(
      "p",
      { class: "quiet" },
      "Every call in the window, read again just now. The basis may have fewer: a test leaves out the parts of its window in which the shares changed or one side had no calls.",
    ),
    counted.kind === "value"
      ? table(
          ["Variant", "Calls", "Success rate", "Mean duration", "Mean quality"],
          counted.variants.map(({ variant, kind, total, successRate, durationSeconds, quality }) =>
            h(
              "tr",
              { key: variant },
              cell(
                "Variant",
                h("code", null, variant),
                known.some((each) => each.variant === variant && each.parameters !== undefined)
                  ? h("div", { class: "quiet" }, valuesOf(variant))
                  : null,
              ),
              cell("Calls", kind === "value" ? count(total) : readingText(kind)),
              cell("Success rate", percent(successRate)),
              cell("Mean duration", duration(durationSeconds?.mean.value)),
              cell("Mean quality", number(quality?.mean.value)),
            ),
          ),
          { kind: "stacked", label: "Calls in the window by variant" },
        )
      : noValue(counted),
    queries.map(({ question, promql }) =>
      h(
        "details",
        { key: question, class: "query" },
        h("summary", null, question),
        button(console.copied === promql ? "Copied" : "Copy", () => console.copy(promql), {
          label: `Copy the PromQL of ${question}`,
        }),
        h("pre", null, h("code", null, promql)),
      ),
    ),
  );
}
