/** The ways to ask for a song: which one is best differs by genre and model, and is learnt. */
import type { ChatQuestion } from "./client/chat-client.ts";

/** The names of the templates, as `trimtab.yaml` lists them. */
export const TEMPLATES = ["plain", "structured", "example"] as const;

/** One of them. */
export type Template = (typeof TEMPLATES)[number];

/** What is asked for. */
export interface SongRequest {
  readonly genre: string;
  /** What the song is about, in a word or two. */
  readonly theme: string;
  readonly lines: number;
}

const EXAMPLE = `For example, a couplet as we like it, about "harbour":
We left the harbour lamps behind before the break of day,
And every wave that followed us had something left to say.`;

/** The messages by which a template asks. */
export function messagesFor(template: Template, { genre, theme, lines }: SongRequest): ChatQuestion["messages"] {
  const task = `Write a ${genre} song of ${lines} lines about "${theme}". Lines rhyme in pairs, each pair names the theme, and no line is a cliché.`;
  const asked = {
    plain: task,
    structured: `${task}\nMark its parts with [Verse] and [Chorus] on lines of their own.`,
    example: `${task}\n\n${EXAMPLE}`,
  }[template];
  return [
    { role: "system", content: "You write song lyrics. Answer with the lyrics alone." },
    { role: "user", content: asked },
  ];
}
