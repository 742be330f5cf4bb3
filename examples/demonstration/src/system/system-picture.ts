/** The picture of a running system in the terminal: pure text. */
import type { ContextState } from "../controller-api.ts";
import { toneOfLift } from "../lift-line.ts";
import { count } from "../numbers.ts";
import type { PeopleCounts } from "../simulated-people.ts";
import type { Line } from "../terminal-screen.ts";
import type { Suggestion } from "./controller-client.ts";
import type { ServiceFeedback } from "./feedback-account.ts";
import { describeChange, liftWords, type OperationFacts } from "./system-summary.ts";

/** What is shown. */
export interface SystemPicture {
  readonly elapsedSeconds: number;
  readonly forSeconds: number;
  /** What is going on, where that is not the usual. */
  readonly phase: string | undefined;
  readonly operations: readonly OperationFacts[];
  readonly people: readonly { readonly deeds: string; readonly counts: PeopleCounts }[];
  readonly services: Readonly<Record<string, ServiceFeedback>>;
  readonly suggestions: readonly Suggestion[];
}

/** A heading, the feedback, the suggestions, a line for each context. */
export function drawSystem(picture: SystemPicture): Line[] {
  const { elapsedSeconds, forSeconds, phase, operations, people, services, suggestions } = picture;
  const done = people.map(({ deeds, counts }) => `${count(counts.done)} ${deeds}`).join(", ");
  const failed = people.reduce((sum, { counts }) => sum + counts.failed, 0);
  const lines: Line[] = [
    {
      tone: "heading",
      text: `${Math.floor(elapsedSeconds)} of ${Math.round(forSeconds)} s · ${done}${failed === 0 ? "" : ` · ${count(failed)} failed`}${phase === undefined ? "" : ` · ${phase}`}`,
    },
  ];
  // Above the contexts: a low terminal cuts what stands below.
  const feedback = Object.entries(services).map(
    ([name, { items, acknowledged }]) => `${name} ${count(acknowledged)} of ${count(items)}`,
  );
  if (feedback.length > 0) lines.push({ tone: "quiet", text: `feedback acknowledged: ${feedback.join(", ")}` });
  const suggested = suggestions.map(({ entity, suggestion, status }) => `${suggestion} for ${entity} (${status})`);
  if (suggested.length > 0) lines.push({ tone: "quiet", text: `suggested: ${suggested.join(", ")}` });
  for (const { operation, state } of operations) {
    const own = (state?.states ?? []).filter(({ context }) => Object.keys(context).length > 0);
    if (own.length === 0) lines.push({ tone: "quiet", text: `${operation.padEnd(17)} nothing measured yet` });
    else lines.push(...own.map((each) => contextLine(operation, each)));
  }
  return lines;
}

function contextLine(operation: string, state: ContextState): Line {
  const base = state.variants.find(({ role }) => role === "baseline")?.parameters ?? state.parameters;
  const name = `${operation.padEnd(17)} ${Object.values(state.context).join(" ").padEnd(13)}`;
  return {
    tone: toneOfLift(state.lift),
    text: `${name} ${liftWords(state)} · ${describeChange({ base, learnt: state.parameters })}`,
  };
}
