/** One operation: what is served per context, what it brings, what waits for a person, and what a person can do. */
import { type ComponentChildren, type VNode } from "preact";
import { actOnOperation, type Change, decideChange, override, release } from "./acts.ts";
import { intervalPlot, type Span, valueSpan } from "./chart.ts";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { finder } from "./finder.ts";
import { liftSection } from "./lift-section.ts";
import {
  age,
  badge,
  button,
  cell,
  change,
  drawn,
  due,
  interval,
  link,
  reason,
  section,
  shareBar,
  table,
  time,
  whenRead,
} from "./parts.ts";
import { performanceSection } from "./performance-section.ts";
import { apiPath } from "./routes.ts";
import { specificationSection } from "./specification-section.ts";
import { contextText, percent, plural, signed, valuesText } from "./text.ts";
import { timelineSection } from "./timeline-section.ts";
import type { WireHealth, WireOperation, WireOperationContext, WirePeople } from "./wire.ts";

/** The view. */
export function operationView(console: Console, component: string, name: string): VNode {
  console.follow(component);
  const reading = console.feed.read<WireOperation>(apiPath(["v1", "operations", component, name]), 5);
  const health = console.feed.read<WireHealth>("readyz", 5).value?.details?.operations;
  const own = health?.find((each) => each.component === component && each.operation === name);
  return h(
    "main",
    null,
    h("p", { class: "crumbs" }, link([], "Operations")),
    h("h1", null, h("span", { class: "quiet" }, `${component}.`), name),
    whenRead(reading, (operation) => [
      header(console, operation, own),
      peopleSection(console, operation),
      awaitingSection(console, operation),
      contextsSection(console, operation),
      liftSection(console, operation),
      performanceSection(console, operation),
      timelineSection(console, { component, operation: name }),
      specificationSection(operation),
    ]),
  );
}

function header(
  console: Console,
  operation: WireOperation,
  health:
    | { readonly failuresInARow: number; readonly problem?: string | undefined; readonly nextCycleAt: string }
    | undefined,
): ComponentChildren {
  const { mode, strategy, cycles, people, lastDecisionAt, source, metrics, lastReportAt, declared } = operation;
  const isFrozen = people?.frozen !== undefined;
  const canUndo = people?.resetUndoUntil !== undefined && Date.parse(people.resetUndoUntil) > console.now;
  const failing = health !== undefined && health.failuresInARow > 0;
  const open = (verb: Parameters<typeof actOnOperation>[1]) => () => console.act(actOnOperation(operation, verb));
  return [
    h(
      "p",
      { class: "facts" },
      badge("plain", `mode ${mode}`),
      isFrozen ? badge("attention", "frozen") : null,
      failing ? badge("bad", `${plural(health.failuresInARow, "failed cycle")} in a row`) : null,
      h("span", null, `strategy ${strategy}`),
      h(
        "span",
        null,
        cycles === 0 ? "no cycle yet" : [plural(cycles, "cycle"), ", the last ", age(lastDecisionAt, console.now)],
      ),
      health === undefined ? null : h("span", null, "next ", due(health.nextCycleAt, console.now)),
      source === "registered" ? h("span", null, "registered by its service") : null,
      metrics === "reported" ? h("span", null, "outcomes reported, the last ", age(lastReportAt, console.now)) : null,
    ),
    declared === undefined || declared.differences.length === 0
      ? null
      : h(
          "div",
          { class: "failure" },
          h("b", null, "The service declares something else, and uses the base values of its code."),
          h(
            "ul",
            null,
            declared.differences.map(({ path, message }) =>
              h("li", { key: path }, h("code", null, path), ` ${message}`),
            ),
          ),
        ),
    failing && health.problem !== undefined ? h("p", { class: "failure" }, health.problem) : null,
    h(
      "p",
      { class: "buttons" },
      isFrozen ? button("Unfreeze …", open("unfreeze")) : button("Freeze …", open("freeze")),
      button("Reset …", open("reset")),
      canUndo
        ? button("Undo the reset …", open("reset/undo"), { title: `possible until ${people.resetUndoUntil}` })
        : null,
      link(["decisions", operation.component, operation.operation], "Every decision"),
      link(["audit"], "Audit", { component: operation.component, operation: operation.operation }),
    ),
  ];
}

function peopleSection(console: Console, operation: WireOperation): ComponentChildren {
  const { people } = operation;
  if (
    people === undefined ||
    (people.frozen === undefined && people.overrides.length === 0 && people.resetDueAt === undefined)
  )
    return null;
  const { frozen, overrides, resetDueAt } = people;
  return section(
    "Set by people",
    h(
      "ul",
      { class: "plain" },
      frozen === undefined
        ? null
        : h("li", { key: "frozen" }, badge("attention", "frozen"), " ", origin(frozen, console.now)),
      overrides.map((each) =>
        h(
          "li",
          { key: each.act },
          badge("attention", "override"),
          " ",
          h("b", null, contextText(each.context)),
          `: ${valuesText(each.values)}, `,
          each.until === undefined ? "until it is released" : ["until ", time(each.until, console.now)],
          " ",
          origin(each, console.now),
          " ",
          button("Release …", () => console.act(release(operation, each)), {
            label: `Release the override of ${contextText(each.context)} …`,
          }),
        ),
      ),
      resetDueAt === undefined
        ? null
        : h("li", { key: "reset" }, "The periodic reset is due ", age(resetDueAt, console.now), "."),
    ),
  );
}

function origin({ by, why, at }: NonNullable<WirePeople["frozen"]>, now: number): ComponentChildren {
  return h("span", { class: "quiet" }, `by ${by}, `, age(at, now), `: “${why}”`);
}

function awaitingSection(console: Console, operation: WireOperation): ComponentChildren {
  const { component, operation: name, awaiting } = operation;
  if (awaiting.length === 0) return null;
  const changes = Object.values(Object.groupBy(awaiting, ({ changeId }) => changeId)).flatMap(
    (parameters): (Change & { confidence: number; first: string })[] => {
      const [first] = parameters ?? [];
      if (parameters === undefined || first === undefined) return [];
      return [
        {
          id: first.changeId,
          first: first.id,
          component,
          operation: name,
          context: first.context,
          confidence: first.confidence,
          parameters,
        },
      ];
    },
  );
  return section(
    "Awaiting approval",
    h(
      "ul",
      { class: "cards" },
      changes.map((each) =>
        h(
          "li",
          { key: each.id },
          h("div", { class: "quiet" }, contextText(each.context)),
          each.parameters.map(({ parameter, oldValue, newValue }) =>
            h("div", { key: parameter }, change(parameter, oldValue, newValue)),
          ),
          h("div", null, `confidence ${percent(each.confidence)} `, link(["adaptations", each.first], "why")),
          h(
            "div",
            { class: "buttons" },
            button("Approve …", () => console.act(decideChange(each, "approve")), { kind: "main" }),
            button("Reject …", () => console.act(decideChange(each, "reject"))),
          ),
        ),
      ),
    ),
  );
}

/** More rows than this make a page that nobody reads and every browser is slow with. */
const MOST_ROWS = 100;

function contextsSection(console: Console, operation: WireOperation): VNode {
  const { states } = operation;
  const wanted = console.place.filters["find"] ?? "";
  const found = states.filter(({ context }) => contextText(context).includes(wanted));
  const shown = found.slice(0, MOST_ROWS);
  const span = valueSpan(shown.flatMap(({ lift }) => (lift === undefined ? [] : [lift])));
  return section(
    "What is served",
    states.length > 12 || wanted !== ""
      ? finder(console, wanted, `${shown.length} of ${plural(states.length, "context")}`)
      : null,
    h(
      "p",
      { class: "legend" },
      ["baseline", "incumbent", "challenger"].map((role) =>
        h("span", { key: role }, h("i", { class: `swatch ${role}` }), role),
      ),
    ),
    table(
      ["Context", "Shares", "Lift against the holdout", "Last decision", ""],
      shown.map((state) => contextRow(console, operation, state, span)),
      { kind: "stacked contexts", label: "Contexts" },
    ),
  );
}

function contextRow(console: Console, operation: WireOperation, state: WireOperationContext, span: Span): VNode {
  const { context, variants, lift, treatment, lastDecision } = state;
  const name = contextText(context);
  const isOverridden = operation.people?.overrides.some((each) => contextText(each.context) === name) === true;
  const isRest = Object.keys(context).length === 0 && operation.states.length > 1;
  const isBroken = lastDecision?.reason.code === "BREAKER_OPEN";
  return h(
    "tr",
    { key: name },
    cell(
      "Context",
      link(["operations", operation.component, operation.operation], isRest ? "contexts not seen yet" : name, {
        context: name,
      }),
      h(
        "div",
        { class: "badges" },
        isOverridden ? badge("attention", "overridden") : null,
        isBroken ? badge("bad", "breaker open") : null,
      ),
    ),
    cell(
      "Shares",
      shareBar(variants),
      h(
        "ul",
        { class: "variants" },
        variants.map(({ id, role, share, parameters: values }) =>
          h(
            "li",
            { key: id + role },
            h("i", { class: `swatch ${role}` }),
            h(
              "span",
              { title: `${role} ${id}` },
              `${percent(share)} `,
              h(role === "incumbent" ? "b" : "span", null, valuesText(values)),
            ),
          ),
        ),
      ),
    ),
    cell(
      "Lift",
      lift === undefined
        ? h("span", { class: "quiet" }, "no data yet")
        : [
            drawn(
              intervalPlot(
                [lift],
                span,
                { width: 150, rowHeight: 12 },
                `lift ${signed(lift.estimate)}, ${signed(lift.lower)} to ${signed(lift.upper)}`,
              ),
            ),
            h("div", null, interval(lift)),
            h("div", { class: "quiet" }, `${plural(lift.windows, "window")} since `, time(lift.since, console.now)),
          ],
      treatment?.lift === undefined ? null : h("div", { class: "quiet" }, "treatment ", interval(treatment.lift)),
    ),
    cell(
      "Last decision",
      lastDecision === undefined ? "none yet" : [h("b", null, lastDecision.kind), " ", reason(lastDecision.reason)],
    ),
    cell(
      "",
      button("Override …", () => console.act(override(operation, state)), { label: `Override ${name} …` }),
    ),
  );
}
