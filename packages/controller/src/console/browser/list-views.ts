/** Lists over everything: what waits for a person, the audit, suggestions from feedback, and every decision of an operation. */
import { type ComponentChildren, type VNode } from "preact";
import { decideChange, decideSuggestion } from "./acts.ts";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { pagedList } from "./paged-list.ts";
import { badge, button, cell, change, interval, link, reason, table, time } from "./parts.ts";
import { contextText, percent, plural, readingText, valuesText } from "./text.ts";
import type { WireAct, WireAdaptation, WireDecision, WireSuggestion } from "./wire.ts";

/** Every change that waits for a person. */
export function awaitingView(console: Console): VNode {
  return h(
    "main",
    null,
    h("h1", null, "Awaiting approval"),
    pagedList<WireAdaptation>(console, {
      path: ["v1", "adaptations"],
      parameters: { status: "suggested", limit: "100" },
      itemsOf: (page) => (page as { adaptations: readonly WireAdaptation[] }).adaptations,
      pageFilter: "page",
      empty:
        "Nothing waits for you. Changes are suggested where an operation is in mode suggest, and where the confidence is too low for auto.",
      show: (adaptations) =>
        h(
          "ul",
          { class: "cards" },
          [...Map.groupBy(adaptations, ({ changeId }) => changeId)].map(([id, together]) =>
            awaitingCard(console, id, together),
          ),
        ),
    }),
  );
}

function awaitingCard(console: Console, id: string, together: readonly WireAdaptation[]): ComponentChildren {
  const [first] = together;
  if (first === undefined) return null;
  const { component, operation, context, confidence, reason: why, at } = first;
  const whole = { id, component, operation, context, parameters: together };
  return h(
    "li",
    { key: id },
    h("div", null, link(["operations", component, operation], `${component}.${operation}`)),
    h("div", { class: "quiet" }, contextText(context), ", ", time(at, console.now)),
    together.map(({ parameter, oldValue, newValue, id: adaptation }) =>
      h("div", { key: adaptation }, link(["adaptations", adaptation], change(parameter, oldValue, newValue))),
    ),
    h("p", null, `Confidence ${percent(confidence)}. `, reason(why)),
    h(
      "div",
      { class: "buttons" },
      button("Approve …", () => console.act(decideChange(whole, "approve")), { kind: "main" }),
      button("Reject …", () => console.act(decideChange(whole, "reject"))),
    ),
  );
}

const ACT_KINDS: readonly WireAct["kind"][] = [
  "approve",
  "reject",
  "roll-back",
  "override",
  "release",
  "freeze",
  "unfreeze",
  "reset",
  "undo-reset",
  "import",
];

/** Who did what, when and why. */
export function auditView(console: Console): VNode {
  const { component, operation, kind, by } = console.place.filters;
  return h(
    "main",
    null,
    h("h1", null, "Audit"),
    h(
      "div",
      { class: "filters" },
      filterText(console, "component", "Component"),
      filterText(console, "operation", "Operation"),
      filterChoice(console, "kind", "Act", ["", ...ACT_KINDS]),
      filterText(console, "by", "By"),
    ),
    pagedList<WireAct>(console, {
      path: ["v1", "audit"],
      parameters: { component, operation, kind, by, limit: "50" },
      itemsOf: (page) => (page as { acts: readonly WireAct[] }).acts,
      pageFilter: "page",
      empty: "No such act.",
      show: (acts) =>
        table(
          ["When", "By", "Act", "On", "Why", "What came of it"],
          acts.map((act) => auditRow(console, act)),
          { kind: "stacked", label: "Audit" },
        ),
    }),
  );
}

function auditRow(
  console: Console,
  { id, at, by, kind, component, operation, target, context, values, until, why, outcome }: WireAct,
): VNode {
  return h(
    "tr",
    { key: id },
    cell("When", time(at, console.now)),
    cell("By", by),
    cell("Act", badge("plain", kind)),
    cell(
      "On",
      link(["operations", component, operation], `${component}.${operation}`),
      context === undefined ? null : h("div", null, contextText(context)),
      values === undefined ? null : h("div", null, valuesText(values)),
      until === undefined ? null : h("div", { class: "quiet" }, "until ", time(until, console.now)),
      target === undefined
        ? null
        : h("div", { class: "quiet" }, target.startsWith("a-") ? link(["adaptations", target], target) : target),
    ),
    cell("Why", why),
    cell(
      "What came of it",
      outcome === undefined
        ? badge("attention", "waits for its turn")
        : [badge(outcome.result === "refused" ? "bad" : "good", outcome.result), " ", reason(outcome.reason)],
    ),
  );
}

/** Improvement suggestions from feedback. */
export function suggestionsView(console: Console): VNode {
  const status = console.place.filters["status"] ?? "open";
  return h(
    "main",
    null,
    h("h1", null, "Suggestions from feedback"),
    h(
      "div",
      { class: "tabs", role: "group", "aria-label": "Status" },
      ["open", "accepted", "delivered", "dismissed"].map((each) =>
        h(
          "button",
          {
            key: each,
            type: "button",
            "aria-pressed": each === status ? "true" : "false",
            onClick: () => console.go(["suggestions"], { status: each }),
          },
          each,
        ),
      ),
    ),
    pagedList<WireSuggestion>(console, {
      path: ["v1", "suggestions"],
      parameters: { status, limit: "50" },
      itemsOf: (page) => (page as { suggestions: readonly WireSuggestion[] }).suggestions,
      pageFilter: "page",
      empty:
        status === "open"
          ? "No suggestion is open. They come from feedback about entities, by the rules of the configuration."
          : `None was ${status}.`,
      show: (suggestions) =>
        h(
          "ul",
          { class: "cards" },
          suggestions.map((each) => suggestionCard(console, each)),
        ),
    }),
  );
}

function suggestionCard(console: Console, suggestion: WireSuggestion): VNode {
  const {
    id,
    entity,
    target,
    suggestion: text,
    confidence,
    reasoning,
    feedback,
    createdAt,
    status,
    decidedAt,
    decidedBy,
    why,
    rule,
  } = suggestion;
  return h(
    "li",
    { key: id },
    h(
      "div",
      { class: "quiet" },
      `${entity}${target === undefined ? "" : ` for ${target}`}, `,
      time(createdAt, console.now),
    ),
    h("b", null, text),
    h("p", null, reasoning),
    h(
      "p",
      { class: "quiet" },
      `Rule ${rule}, confidence ${percent(confidence)}, ${plural(feedback.length, "entry", "entries")} of feedback.`,
    ),
    status === "open"
      ? h(
          "div",
          { class: "buttons" },
          button("Accept …", () => console.act(decideSuggestion(suggestion, "accept")), { kind: "main" }),
          button("Dismiss …", () => console.act(decideSuggestion(suggestion, "dismiss"))),
        )
      : h(
          "p",
          null,
          badge(status === "accepted" || status === "delivered" ? "good" : "plain", status),
          ` by ${decidedBy ?? "somebody unnamed"}, `,
          time(decidedAt, console.now),
          why === undefined ? "" : `: “${why}”`,
        ),
  );
}

/** Every decision of an operation, the holds too. */
export function decisionsView(console: Console, component: string, operation: string): VNode {
  return h(
    "main",
    null,
    h(
      "p",
      { class: "crumbs" },
      link([], "Operations"),
      " / ",
      link(["operations", component, operation], `${component}.${operation}`),
    ),
    h("h1", null, "Every decision"),
    pagedList<WireDecision>(console, {
      path: ["v1", "decisions"],
      parameters: { component, operation, queries: "false", limit: "20" },
      itemsOf: (page) => (page as { decisions: readonly WireDecision[] }).decisions,
      pageFilter: "page",
      empty: "Nothing was decided yet.",
      intervalSeconds: 10,
      show: (decisions) =>
        h(
          "ol",
          { class: "timeline" },
          decisions.map((each) => decisionItem(console, each)),
        ),
    }),
  );
}

function decisionItem(console: Console, decision: WireDecision): VNode {
  const { id, cycle, at, evidence, contexts, transitions, acts = [], mayExplore, experimentEnded } = decision;
  const [holds, changes] = [
    contexts.filter(({ kind }) => kind === "hold"),
    contexts.filter(({ kind }) => kind !== "hold"),
  ];
  // Between two windows nothing is measured on purpose: then it is no fault that there is no evidence.
  const isForPeople = acts.length > 0;
  return h(
    "li",
    { key: id },
    h("div", { class: "when" }, time(at, console.now), h("div", { class: "quiet" }, `cycle ${cycle}`)),
    h(
      "div",
      null,
      acts.map(({ act, result, reason: why }) =>
        h("p", { key: act }, badge(result === "refused" ? "bad" : "attention", `act ${result}`), " ", reason(why)),
      ),
      evidence.kind === "value"
        ? null
        : isForPeople
          ? h("p", { class: "quiet" }, evidence.detail ?? "")
          : h("p", null, badge("bad", readingText(evidence.kind.replaceAll("-", " "))), ` ${evidence.detail ?? ""}`),
      mayExplore || isForPeople ? null : badge("attention", "exploring is held"),
      transitions.map(({ id: adaptation, status, reason: why }) =>
        h("p", { key: adaptation + status }, link(["adaptations", adaptation], status), " ", reason(why)),
      ),
      experimentEnded === undefined
        ? null
        : h(
            "p",
            null,
            badge("attention", `experiment ${experimentEnded.name} ended`),
            " ",
            reason(experimentEnded.reason),
          ),
      changes.map(contextDecision),
      holds.length === 0
        ? null
        : h(
            "details",
            null,
            h(
              "summary",
              null,
              `hold in ${holds.length === 1 ? contextText(holds[0]?.context ?? {}) : plural(holds.length, "context")}`,
            ),
            holds.map(contextDecision),
          ),
      contexts.length === 0 ? h("p", { class: "quiet" }, "no context looked at") : null,
    ),
  );
}

const DECISION_KINDS: Readonly<Record<WireDecision["contexts"][number]["kind"], Parameters<typeof badge>[0]>> = {
  hold: "plain",
  shift: "plain",
  adapt: "good",
  suggest: "attention",
  "roll-back": "bad",
};

function contextDecision({ context, arm, kind, reason: why, refused, lift }: WireDecision["contexts"][number]): VNode {
  return h(
    "div",
    { key: contextText(context) + (arm ?? ""), class: "context-decision" },
    h(
      "div",
      null,
      badge(DECISION_KINDS[kind] ?? "plain", kind),
      " ",
      h("b", null, contextText(context)),
      arm === undefined ? "" : ` (${arm})`,
      ": ",
      reason(why),
    ),
    lift === undefined ? null : h("div", { class: "quiet" }, "lift ", interval(lift)),
    refused.map((each) =>
      h(
        "div",
        { key: each.variant + each.reason.code, class: "quiet" },
        each.reason.sentence.startsWith(each.variant) ? null : [h("code", null, each.variant), " "],
        reason(each.reason),
      ),
    ),
  );
}

function filterText(console: Console, name: string, label: string): VNode {
  const onChange = (event: Event): void =>
    filter(console, name, (event.currentTarget as HTMLInputElement).value.trim());
  return h("label", null, label, h("input", { type: "search", value: console.place.filters[name] ?? "", onChange }));
}

function filterChoice(console: Console, name: string, label: string, choices: readonly string[]): VNode {
  const onChange = (event: Event): void => filter(console, name, (event.currentTarget as HTMLSelectElement).value);
  return h(
    "label",
    null,
    label,
    h(
      "select",
      { value: console.place.filters[name] ?? "", onChange },
      choices.map((choice) => h("option", { key: choice, value: choice }, choice === "" ? "any" : choice)),
    ),
  );
}

function filter({ place, go }: Console, name: string, value: string): void {
  go(place.path, { ...place.filters, [name]: value, page: undefined });
}
