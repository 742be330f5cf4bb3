/** What is configured for an operation, and the experiment that runs on it. */
import { type ComponentChildren, type VNode } from "preact";
import { h } from "./element.ts";
import { cell, interval, reason, section, table } from "./parts.ts";
import { duration, number, percent, valueText } from "./text.ts";
import type { WireOperation } from "./wire.ts";

/** The part of an operation's view. */
export function specificationSection(operation: WireOperation): ComponentChildren {
  const { context, parameters, objective, constraints, confidence, holdout } = operation.specification;
  return [
    experimentSection(operation),
    section(
      "Configuration",
      table(
        ["Parameter", "Type", "Base", "May be"],
        Object.entries(parameters).map(([name, space]) =>
          h(
            "tr",
            { key: name },
            cell("Parameter", h("b", null, name)),
            cell("Type", space.type),
            cell("Base", valueText(space.base)),
            cell("May be", spaceText(space)),
          ),
        ),
        { kind: "stacked", label: "Parameters" },
      ),
      h(
        "dl",
        { class: "facts-list" },
        fact("context", context.length === 0 ? "none" : context.join(", ")),
        fact("objective", objectiveText(objective)),
        fact("constraints", constraints.length === 0 ? "none" : constraints.join("; ")),
        fact("confidence", `${percent(confidence)}, below it a change is only suggested`),
        fact("holdout", `${percent(holdout)} of the calls keep the base values`),
      ),
    ),
  ];
}

function experimentSection({ experiment }: WireOperation): VNode | null {
  if (experiment === undefined) return null;
  const { name, arms, difference, verdict } = experiment;
  return section(
    `Experiment ${name}`,
    h(
      "p",
      null,
      arms
        .map(({ arm, strategy, share }) => `${arm}: ${strategy}, ${percent(share)} of the calls outside of the holdout`)
        .join("; "),
    ),
    h("p", null, "Treatment minus control: ", difference === undefined ? "no data yet" : interval(difference)),
    h("p", null, reason(verdict)),
  );
}

function fact(term: string, value: string): VNode {
  return h("div", { key: term }, h("dt", null, term), h("dd", null, value));
}

function spaceText(space: WireOperation["specification"]["parameters"][string]): string {
  if (space.type === "boolean") return "true or false";
  if (space.type === "choice") return space.choices.join(", ");
  return `${space.min} to ${space.max}${space.step === undefined ? "" : ` in steps of ${space.step}`}`;
}

function objectiveText({ quality, success, latency, cost }: WireOperation["specification"]["objective"]): string {
  return [
    quality === undefined ? "" : `${number(quality.weight)} quality`,
    success === undefined ? "" : `${number(success.weight)} success`,
    latency === undefined
      ? ""
      : `${number(latency.weight)} latency (good ${duration(latency.goodSeconds)}, bad ${duration(latency.badSeconds)})`,
    cost === undefined ? "" : `${number(cost.weight)} cost (${cost.unit}, reference ${number(cost.reference)})`,
  ]
    .filter((part) => part !== "")
    .join(" + ");
}
