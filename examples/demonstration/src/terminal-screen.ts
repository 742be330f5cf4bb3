/** A picture of lines in the terminal, drawn again and again in its place. */
import { styleText } from "node:util";

/** How a line is meant; a terminal makes a colour of it. */
export type Tone = "plain" | "heading" | "better" | "worse" | "quiet";

/** A line of a picture. */
export interface Line {
  readonly tone: Tone;
  readonly text: string;
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
