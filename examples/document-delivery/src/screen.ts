/** The live picture in the terminal, as text. */
import {
  type ContextState,
  count,
  describeLift,
  type Line,
  type OperationState,
  toneOfLift,
} from "@trimtab/example-demonstration";
import { BASE } from "./compression.ts";
import { DOCUMENT_TYPES, type DocumentType } from "./documents.ts";
import type { LoadCounts } from "./load-counts.ts";
import { describeSetting } from "./summary.ts";

/** What is shown. */
export interface Picture {
  readonly elapsedSeconds: number;
  readonly forSeconds: number | undefined;
  /** Undefined until the controller has answered for the first time. */
  readonly operation: OperationState | undefined;
  readonly load: LoadCounts | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The picture: a heading, and up to four lines for each content type. */
export function draw({ elapsedSeconds, forSeconds, operation, load, now }: Picture): Line[] {
  const clock =
    forSeconds === undefined
      ? `${Math.floor(elapsedSeconds)} s`
      : `${Math.floor(elapsedSeconds)} of ${Math.round(forSeconds)} s`;
  const counted = load === undefined ? "" : ` · ${count(load.answered)} documents delivered`;
  const trouble = (load?.failed ?? 0) > 0 ? ` · ${count(load?.failed ?? 0)} failed` : "";
  const lines: Line[] = [
    { tone: "heading", text: `${clock}${counted}${trouble} · ${count(operation?.cycles ?? 0)} cycles of learning` },
  ];
  for (const type of DOCUMENT_TYPES) {
    const own = operation?.states.find(({ context }) => context["content_type"] === type);
    lines.push(...(own === undefined ? [waiting(type)] : stateLines(type, own, now)));
  }
  return lines;
}

function waiting(type: DocumentType): Line {
  return { tone: "plain", text: `${type.padEnd(10)} ${describeSetting({ ...BASE }).padEnd(8)} nothing measured yet` };
}

function stateLines(
  type: DocumentType,
  { parameters, variants, lift, lastAdaptation, lastDecision }: ContextState,
  now: number,
): Line[] {
  const first = `${type.padEnd(10)} ${describeSetting(parameters).padEnd(8)}`;
  const isBase = !variants.some(({ role }) => role === "incumbent");
  const comparison =
    lift === undefined
      ? isBase
        ? "the base values; nothing better is proven yet"
        : "too new to be compared with the holdout"
      : describeLift(lift);
  const roles = { baseline: "base", incumbent: "best", challenger: "trying" };
  const shares = variants.map(
    ({ role, share, parameters: each }) => `${roles[role]} ${describeSetting(each)} ${Math.round(share * 100)} %`,
  );
  const last =
    lastAdaptation === undefined
      ? [`no change yet${lastDecision === undefined ? "" : `: ${lastDecision.reason.sentence}`}`]
      : [
          `${ago(now - Date.parse(lastAdaptation.at))}: ${lastAdaptation.parameter} ${lastAdaptation.oldValue} -> ${lastAdaptation.newValue} ` +
            `${lastAdaptation.status}, confidence ${lastAdaptation.confidence.toFixed(2)}`,
          lastAdaptation.reason.sentence,
        ];
  return [
    { tone: toneOfLift(lift), text: `${first} ${comparison}` },
    { tone: "quiet", text: `           traffic: ${shares.join(", ")}` },
    ...last.map((text): Line => ({ tone: "quiet", text: `           ${text}` })),
  ];
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
