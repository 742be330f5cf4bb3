/** Adaptations in the order of time, the newest first. */
import type { ComponentChildren, VNode } from "preact";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { pagedList } from "./paged-list.ts";
import { badge, change, link, section, time, reason as why } from "./parts.ts";
import { contextText, percent } from "./text.ts";
import type { WireAdaptation } from "./wire.ts";

/** How each status is shown. */
export const STATUS_KINDS: Readonly<Record<WireAdaptation["status"], Parameters<typeof badge>[0]>> = {
  suggested: "attention",
  approved: "good",
  applied: "good",
  superseded: "plain",
  rejected: "plain",
  "rolled-back": "bad",
  failed: "bad",
};

/** The part of an operation's view. */
export function timelineSection(
  console: Console,
  { component, operation }: { readonly component: string; readonly operation: string },
): VNode {
  return section(
    "Adaptations",
    pagedList<WireAdaptation>(console, {
      path: ["v1", "adaptations"],
      parameters: { component, operation, limit: "20" },
      itemsOf: (page) => (page as { adaptations: readonly WireAdaptation[] }).adaptations,
      pageFilter: "adaptations",
      empty: "Nothing was changed yet.",
      show: (adaptations) =>
        h(
          "ol",
          { class: "timeline" },
          // what changed together is one entry
          [...Map.groupBy(adaptations, ({ changeId, status }) => `${changeId} ${status}`).values()].map((together) =>
            changeItem(together, console.now),
          ),
        ),
    }),
  );
}

function changeItem(together: readonly WireAdaptation[], now: number): ComponentChildren {
  const [first] = together;
  if (first === undefined) return null;
  const { at, context, confidence, reason, status, experiment } = first;
  return h(
    "li",
    { key: first.id },
    h("div", { class: "when" }, time(at, now)),
    h(
      "div",
      null,
      h(
        "div",
        { class: "facts" },
        together.map(({ id, parameter, oldValue, newValue }) =>
          h("span", { key: id }, link(["adaptations", id], change(parameter, oldValue, newValue))),
        ),
        badge(STATUS_KINDS[status] ?? "plain", status),
        h("span", null, `${contextText(context)}, confidence ${percent(confidence)}`),
        experiment === undefined ? null : h("span", null, `${experiment.arm} of ${experiment.name}`),
      ),
      h("div", { class: "quiet" }, why(reason)),
    ),
  );
}
