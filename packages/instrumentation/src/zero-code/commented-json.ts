/** JSON as people write it: with comments and with a comma after the last entry. */

/** @throws {SyntaxError} with line and column, where the text is no JSON beside that. */
export function parseCommentedJson(text: string): unknown {
  const plain = withoutComments(text);
  try {
    return JSON.parse(plain);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /at position (\d+)/.exec(message)?.[1];
    throw new SyntaxError(at === undefined ? message : `${message.split(" (line")[0]} ${place(plain, Number(at))}`);
  }
}

/** Comments and last commas become blanks, so that every place stays where it was. */
function withoutComments(text: string): string {
  // A text is matched first, so that "http://…" is no comment.
  return text
    .replace(/^\uFEFF/, " ")
    .replaceAll(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) => (part[0] === '"' ? part : blank(part)))
    .replaceAll(/"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g, (part) => (part === "," ? " " : part));
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

function place(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return `(line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
