/** What the stand-in understands of a prompt: as a model it has only the text of the messages. */

/** How the prompt asks. */
export type PromptStyle = "plain" | "structured" | "example";

/** What a prompt asks for. */
export interface ReadPrompt {
  /** The first genre that the stand-in knows a taste for; undefined: none is named. */
  readonly genre: string | undefined;
  readonly style: PromptStyle;
  /** What the song is about: what stands in quotation marks; undefined: nothing does. */
  readonly theme: string | undefined;
  /** How many lines are asked for. */
  readonly lines: number;
}

const USUAL_LINES = 12;

/** Reads all messages as one text. */
export function readPrompt(text: string): ReadPrompt {
  const genre = /\b(rock|rap|lullaby|folk)\b/i.exec(text)?.[1]?.toLowerCase();
  const style = /\bexample\b/i.test(text) ? "example" : /\[verse\]/i.test(text) ? "structured" : "plain";
  const theme = /"([^"]{1,60})"/.exec(text)?.[1];
  const lines = Number(/\b(\d{1,3}) lines\b/i.exec(text)?.[1] ?? USUAL_LINES);
  return { genre, style, theme, lines: Math.min(100, Math.max(2, lines)) };
}
