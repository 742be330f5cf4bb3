/** The live picture in the terminal, as text. */
import {
  type ContextState,
  count,
  counted,
  describeLift,
  type Line,
  type OperationState,
  toneOfLift,
} from "@trimtab/example-demonstration";
import { OPERATIONS, type OperationName } from "./configuration.ts";
import type { LoadCounts } from "./load-counts.ts";
import { describe } from "./summary.ts";

/** What is shown. */
export interface Picture {
  readonly elapsedSeconds: number;
  readonly forSeconds: number | undefined;
  /** Undefined until the controller has answered for the first time. */
  readonly operations: Readonly<Record<OperationName, OperationState | undefined>>;
  readonly load: LoadCounts | undefined;
}

/** The picture: a heading, and one line for each context of each operation. */
export function draw({ elapsedSeconds, forSeconds, operations, load }: Picture): Line[] {
  const clock = `${Math.floor(elapsedSeconds)}${forSeconds === undefined ? "" : ` of ${Math.round(forSeconds)}`} s`;
  const done =
    load === undefined
      ? ""
      : ` · ${count(load.songs)} songs · $${load.costUsd.toFixed(2)} · ${count(load.ratings)} ratings`;
  const trouble = (load?.failed ?? 0) > 0 ? ` · ${count(load?.failed ?? 0)} given up` : "";
  const lines: Line[] = [{ tone: "heading", text: `${clock}${done}${trouble}` }];
  for (const operation of Object.keys(OPERATIONS) as OperationName[]) {
    lines.push({ tone: "quiet", text: `${operation}, by ${OPERATIONS[operation]}` });
    const key = OPERATIONS[operation];
    const states = (operations[operation]?.states ?? []).filter(({ context }) => context[key] !== undefined);
    lines.push(
      ...(states.length === 0
        ? [{ tone: "plain" as const, text: "  nothing measured yet" }]
        : states.map((state) => stateLine(state.context[key] ?? "", state))),
    );
  }
  return lines;
}

function stateLine(name: string, { parameters, variants, lift }: ContextState): Line {
  const isBase = !variants.some(({ role }) => role === "incumbent");
  const trying = variants.filter(({ role }) => role === "challenger").length;
  const comparison =
    lift === undefined
      ? isBase
        ? `base values; ${trying === 0 ? "nothing else" : counted(trying, "other setting")} tried`
        : "new; too new to be compared with the holdout"
      : describeLift(lift);
  return { tone: toneOfLift(lift), text: `  ${name.padEnd(18)} ${describe(parameters).padEnd(32)} ${comparison}` };
}
