/** All operations: what is tuned, what it brings, and what needs a look. */
import { type ComponentChildren, type VNode } from "preact";
import { intervalPlot, valueSpan } from "./chart.ts";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { finder } from "./finder.ts";
import { age, badge, cell, drawn, interval, link, table, whenRead } from "./parts.ts";
import { contextText, plural, signed } from "./text.ts";
import type { WireHealth, WireOperationSummary } from "./wire.ts";

type OperationHealth = NonNullable<WireHealth["details"]>["operations"][number];

/** The view. */
export function operationsView(console: Console): VNode {
  const reading = console.feed.read<{ operations: readonly WireOperationSummary[] }>("v1/operations", 5);
  const health = console.feed.read<WireHealth>("readyz", 5).value?.details;
  return h(
    "main",
    null,
    h("h1", null, "Operations"),
    whenRead(reading, ({ operations }) => {
      const wanted = console.place.filters["find"] ?? "";
      const shown = operations.filter(({ component, operation }) => `${component}.${operation}`.includes(wanted));
      return [
        operations.length > 8 || wanted !== ""
          ? finder(console, wanted, `${shown.length} of ${plural(operations.length, "operation")}`)
          : null,
        operations.length === 0
          ? h("p", { class: "empty" }, "No operation is configured. Declare one in trimtab.yaml.")
          : table(
              ["Operation", "Mode", "Lift against the holdout", "State", "Contexts", "Last cycle"],
              shown.map((operation) => row(operation, health?.operations.find(isSame(operation)), console.now)),
              { kind: "stacked operations", label: "Operations" },
            ),
      ];
    }),
  );
}

function row(operation: WireOperationSummary, health: OperationHealth | undefined, now: number): VNode {
  const { component, operation: name, mode, strategy, standing, cycles, contexts, lastDecisionAt, source } = operation;
  return h(
    "tr",
    { key: `${component}.${name}` },
    cell(
      "Operation",
      link(["operations", component, name], [h("span", { class: "quiet" }, `${component}.`), name]),
      strategy === "default" ? null : h("div", { class: "quiet" }, strategy),
      source === "registered" ? h("div", { class: "quiet" }, "registered by its service") : null,
    ),
    cell("Mode", badge("plain", mode)),
    cell("Lift", liftOf(operation)),
    cell("State", h("div", { class: "badges" }, stateBadges(standing, health, operation))),
    cell("Contexts", String(contexts)),
    cell(
      "Last cycle",
      cycles === 0 ? "none yet" : age(health?.lastSuccessAt ?? lastDecisionAt, now),
      h("div", { class: "quiet" }, plural(cycles, "cycle")),
    ),
  );
}

function liftOf({ standing, cycles }: WireOperationSummary): ComponentChildren {
  const { lift, lifts } = standing;
  const measured = lift.better + lift.worse + lift.undecided;
  const [most] = lifts;
  if (most === undefined) return h("span", { class: "quiet" }, cycles === 0 ? "no cycle yet" : "no data yet");
  const verdicts = [
    lift.better === 0 ? "" : `${lift.better} better`,
    lift.worse === 0 ? "" : `${lift.worse} worse`,
    lift.undecided === 0 ? "" : `${lift.undecided} not decided`,
  ].filter((text) => text !== "");
  const summary = lifts.map((each) => `${contextText(each.context)}: ${signed(each.estimate)}`).join("; ");
  return h(
    "div",
    { class: "lift" },
    drawn(intervalPlot(lifts, valueSpan(lifts), { width: 150, rowHeight: 8 }, summary)),
    h(
      "div",
      null,
      measured === 1 ? null : h("div", null, `${verdicts.join(", ")} of ${plural(measured, "context")}`),
      h(
        "div",
        { class: measured === 1 ? "" : "quiet" },
        interval(most),
        measured === 1 ? null : ` in ${contextText(most.context)}`,
      ),
    ),
  );
}

function stateBadges(
  { frozen, overrides, awaiting, breakersOpen, lift }: WireOperationSummary["standing"],
  health: OperationHealth | undefined,
  { component, operation }: WireOperationSummary,
): ComponentChildren {
  const failing = health !== undefined && health.failuresInARow > 0;
  const badges = [
    awaiting === 0
      ? null
      : link(
          ["operations", component, operation],
          badge("attention", `${plural(awaiting, "change")} awaiting approval`),
        ),
    breakersOpen === 0 ? null : badge("bad", `breaker open in ${plural(breakersOpen, "context")}`),
    lift.worse === 0 ? null : badge("bad", `worse in ${plural(lift.worse, "context")}`),
    failing ? badge("bad", `${plural(health.failuresInARow, "failed cycle")} in a row`, health.problem) : null,
    frozen ? badge("attention", "frozen") : null,
    overrides === 0 ? null : badge("attention", plural(overrides, "override")),
  ].filter((each) => each !== null);
  return badges.length === 0 ? badge("good", "as it should be") : badges;
}

function isSame(one: {
  component: string;
  operation: string;
}): (other: { component: string; operation: string }) => boolean {
  return (other) => one.component === other.component && one.operation === other.operation;
}
