/** The live picture in the terminal: pure text first, then the drawing of it. */
import { styleText } from "node:util";
import { BASE } from "./compression.ts";
import type { ContextState, OperationState } from "./controller-api.ts";
import { DOCUMENT_TYPES, type DocumentType } from "./documents.ts";
import type { LoadCounts } from "./load-counts.ts";
import { count, describeSetting, signed } from "./summary.ts";

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

/** How a line is meant; a terminal makes a colour of it. */
type Tone = "plain" | "heading" | "better" | "worse" | "quiet";

/** A line of the picture. */
export interface Line {
  readonly tone: Tone;
  readonly text: string;
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
      : `utility ${lift.served.utility?.toFixed(3) ?? "-"}, holdout ${lift.holdout.utility?.toFixed(3) ?? "-"}: ` +
        `${signed(lift.estimate)}${lift.lower > 0 ? " proven" : ""} (${signed(lift.lower)}…${signed(lift.upper)})`;
  const tone: Tone =
    lift !== undefined && lift.lower > 0 ? "better" : lift !== undefined && lift.upper < 0 ? "worse" : "plain";
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
    { tone, text: `${first} ${comparison}` },
    { tone: "quiet", text: `           traffic: ${shares.join(", ")}` },
    ...last.map((text): Line => ({ tone: "quiet", text: `           ${text}` })),
  ];
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}

/** Where lines are drawn to; a terminal, or a pipe that gets one block after the other. */
export interface Screen {
  /** Whether a picture each second makes sense. */
  readonly isLive: boolean;
  show(lines: readonly Line[]): void;
  /** Leaves the last picture as it is and goes on below it. */
  close(): void;
}

/** The screen for a stream: redraws in place on a terminal, writes blocks elsewhere. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY ? terminal(stream) : blocks(stream);
}

function blocks(stream: NodeJS.WriteStream): Screen {
  return {
    isLive: false,
    show: (lines) => stream.write(`${lines.map(({ text }) => text).join("\n")}\n\n`),
    close: () => {},
  };
}

const HIDE_CURSOR = "\u001B[?25l";
const SHOW_CURSOR = "\u001B[?25h";
const CLEAR_TO_END_OF_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
const HOME = "\u001B[H";

function terminal(stream: NodeJS.WriteStream): Screen {
  let drawn = 0;
  let width = stream.columns;
  return {
    isLive: true,
    show(lines) {
      // Lines that were drawn for another width may have been wrapped by the terminal: nobody knows where they begin.
      const start = width === stream.columns ? (drawn > 0 ? `\u001B[${drawn}A` : "") : `${HOME}${CLEAR_BELOW}`;
      width = stream.columns;
      const fitting = lines.slice(0, Math.max(1, stream.rows - 1)).map((line) => paint(stream, cut(line, width)));
      // One write for the whole picture, and every line cleared only behind its end: nothing flickers.
      stream.write(
        `${HIDE_CURSOR}${start}${fitting.map((text) => `${text}${CLEAR_TO_END_OF_LINE}\n`).join("")}${CLEAR_BELOW}`,
      );
      drawn = fitting.length;
    },
    close() {
      if (drawn > 0) stream.write(SHOW_CURSOR);
    },
  };
}

/** A line that fits: the terminal must not wrap it. */
export function cut({ tone, text }: Line, width: number): Line {
  const single = text.replaceAll(/\s+/g, (space) => (space.includes("\n") ? " " : space));
  return { tone, text: single.length < width ? single : `${single.slice(0, Math.max(0, width - 2))}…` };
}

function paint(stream: NodeJS.WriteStream, { tone, text }: Line): string {
  const formats = { plain: "reset", heading: "bold", better: "green", worse: "red", quiet: "dim" } as const;
  return tone === "plain" ? text : styleText(formats[tone], text, { stream }); // heeds NO_COLOR
}
