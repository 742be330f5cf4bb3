/** Text that goes into a page. Names and reasons come from configurations and services: whatever is in them stays text. */

/** Markup that is finished; the only way to it from a text is through `markup`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a place of the template: texts are escaped, lists are joined, nothing is left out. */
type Part = Markup | string | number | undefined | readonly Part[];

/** A template whose places are escaped, in content and between double quotes alike. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(pieces.map((piece, index) => piece + written(parts[index])).join(""));
}

function written(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(written).join("");
  return String(part).replace(/[&<>"']/g, (character) => ESCAPED[character] ?? character);
}

const ESCAPED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
