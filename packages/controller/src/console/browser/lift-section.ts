/** Lift over time in one context, as far as the kept decisions tell. */
import { type ComponentChildren } from "preact";
import { type ChartMark, type LiftPoint, liftChart } from "./chart.ts";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { drawn, section, whenRead } from "./parts.ts";
import { apiPath, contextParameters } from "./routes.ts";
import { contextText, moment, plural, signed, valueText } from "./text.ts";
import type { WireAdaptation, WireDecision, WireOperation } from "./wire.ts";

/** How many decisions a chart is made of. */
const DECISIONS = "200";

/** A list of more is no help; any context has a link in the table above. */
const MOST_CHOICES = 200;

/** The part of an operation's view. */
export function liftSection(console: Console, operation: WireOperation): ComponentChildren {
  const { component, operation: name, states } = operation;
  // The context that holds everything has the base values until it is overridden, and so no lift of its own to draw.
  const named = states.filter(({ context }) => Object.keys(context).length > 0);
  const all = named.length > 0 ? named : states;
  const chosen =
    all.find(({ context }) => contextText(context) === console.place.filters["context"]) ??
    all.find(({ lift }) => lift !== undefined) ??
    all[0];
  if (chosen === undefined || operation.cycles === 0) return null;
  const { context } = chosen;
  const first = all.slice(0, MOST_CHOICES);
  const choices = first.includes(chosen) ? first : [chosen, ...first];
  const query = { component, operation: name, queries: "false", limit: DECISIONS, ...contextParameters(context) };
  const reading = console.feed.read<{ decisions: readonly WireDecision[] }>(apiPath(["v1", "decisions"], query), 15);
  const adaptations = console.feed.read<{ adaptations: readonly WireAdaptation[] }>(
    apiPath(["v1", "adaptations"], { component, operation: name, ...contextParameters(context) }),
    15,
  );
  const onChange = (event: Event): void =>
    console.go(console.place.path, {
      ...console.place.filters,
      context: (event.currentTarget as HTMLSelectElement).value,
    });
  return section(
    "Lift over time",
    h(
      "p",
      null,
      h("label", { for: "lift-context" }, "Context "),
      h(
        "select",
        { id: "lift-context", onChange, value: contextText(context) },
        choices.map((each) => {
          const text = contextText(each.context);
          return h("option", { key: text, value: text }, text);
        }),
      ),
    ),
    whenRead(reading, ({ decisions }) =>
      chart(
        console,
        decisions,
        Object.keys(context).length === 0 ? [] : (adaptations.value?.adaptations ?? []),
        contextText(context),
      ),
    ),
  );
}

function chart(
  console: Console,
  decisions: readonly WireDecision[],
  adaptations: readonly WireAdaptation[],
  name: string,
): ComponentChildren {
  const points = decisions.toReversed().map((decision): LiftPoint => {
    const own = decision.contexts.find((each) => contextText(each.context) === name && each.arm !== "treatment");
    const at = Date.parse(decision.at);
    const when = moment(at, console.now);
    return own?.lift === undefined
      ? { at, lift: undefined, says: `${when}: no data` }
      : {
          at,
          lift: own.lift,
          says: `${when}: ${signed(own.lift.estimate)} (${signed(own.lift.lower)} to ${signed(own.lift.upper)})`,
        };
  });
  const measured = points.filter(({ lift }) => lift !== undefined);
  const last = measured.at(-1);
  const [first] = measured;
  if (first === undefined || last === undefined)
    return h(
      "p",
      { class: "empty" },
      `No lift yet: the holdout and something else must both have calls in the same windows. ${plural(points.length, "decision")} looked at.`,
    );
  const marks = adaptations.map(
    ({ at, parameter, oldValue, newValue, status }): ChartMark => ({
      at: Date.parse(at),
      says: `${moment(Date.parse(at), console.now)}: ${parameter} ${valueText(oldValue)} to ${valueText(newValue)}, ${status}`,
    }),
  );
  const width = Math.max(280, Math.min(1200, console.width - 72));
  const summary = `Lift in ${name}. ${first.says}, then ${last.says}.`;
  return h(
    "figure",
    null,
    drawn(liftChart(points, marks, { width, height: 220 }, summary, (at) => clock(at, points))),
    h(
      "figcaption",
      null,
      `Utility of what is served minus utility of the holdout, with its interval; ▲ marks what was changed. ${plural(points.length, "decision")}, as far back as they are asked for.`,
    ),
  );
}

/** Over minutes with seconds, over days with the day. */
function clock(at: number, points: readonly LiftPoint[]): string {
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  const date = new Date(at);
  if (span < 600_000) return date.toLocaleTimeString("en-GB");
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return span > 86_400_000 ? `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}` : time;
}
