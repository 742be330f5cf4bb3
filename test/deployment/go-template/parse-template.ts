/**
 * Go templates, as far as the chart uses them: text to a tree. Whatever is outside of this subset is refused with its line, so that
 * nothing is rendered in another way than Helm would.
 *
 * Reference: the documentation of Go's text/template.
 */

/** A part of a template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipeline: Pipeline; readonly line: number }
  | { readonly kind: "if" | "with"; readonly pipeline: Pipeline; readonly body: Node[]; readonly otherwise: Node[] }
  | {
      readonly kind: "range";
      readonly pipeline: Pipeline;
      readonly key?: string;
      readonly value?: string;
      readonly body: Node[];
      readonly otherwise: Node[];
    };

/** Commands of which each gets the result of the one before as its last argument; with a name, the result is kept and nothing printed. */
export interface Pipeline {
  readonly declares?: string;
  readonly commands: readonly (readonly Operand[])[];
}

/** What a command is made of. */
export type Operand =
  | { readonly kind: "constant"; readonly value: string | number | boolean | null }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "dot"; readonly fields: readonly string[] }
  | { readonly kind: "variable"; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline; readonly fields: readonly string[] };

/** What a file holds: what it prints, and the templates that it defines. */
export interface ParsedTemplate {
  readonly nodes: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

/** The template is wrong, or uses what this subset lacks. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

interface Piece {
  readonly kind: "text" | "action";
  readonly text: string;
  readonly line: number;
}

/** @throws {TemplateError} with file and line. */
export function parseTemplate(file: string, source: string): ParsedTemplate {
  const pieces = piecesOf(file, source);
  const defined = new Map<string, readonly Node[]>();
  let position = 0;
  const fail = (line: number, problem: string): never => {
    throw new TemplateError(`${file}:${line}: ${problem}`);
  };

  /** Nodes up to an `end` or `else` of the block that began at `opened`, which stays the current piece. */
  const block = (opened: number | undefined): Node[] => {
    const nodes: Node[] = [];
    for (; position < pieces.length; position++) {
      const { kind, text, line } = pieces[position] as Piece;
      if (kind === "text") {
        nodes.push({ kind: "text", text });
        continue;
      }
      const [, word = "", rest = ""] =
        /^(if|with|range|define|end|else|template|block|break|continue)?\b\s*([\s\S]*)$/.exec(text) ?? [];
      if (word === "end" || word === "else") {
        if (opened === undefined) fail(line, `"${word}" without a beginning`);
        return nodes;
      }
      if (word === "template" || word === "block" || word === "break" || word === "continue")
        fail(line, `"${word}" is outside of the subset`);
      if (word === "define") {
        const name = /^"([^"]+)"$/.exec(rest)?.[1] ?? fail(line, "define needs a name in quotes");
        position++;
        defined.set(name, block(line));
        closed(line);
      } else if (word === "if" || word === "with") nodes.push(branch(word, rest, line));
      else if (word === "range") {
        const [, first, second, pipeline = rest] =
          /^(?:\$(\w+)(?:\s*,\s*\$(\w+))?\s*:=\s*)?([\s\S]+)$/.exec(rest) ?? [];
        position++;
        const body = block(line);
        const otherwise = otherwiseOf(line);
        nodes.push({
          kind: "range",
          pipeline: parsePipeline(pipeline, line),
          ...(second === undefined ? {} : { key: first as string }),
          ...(first === undefined ? {} : { value: second ?? first }),
          body,
          otherwise,
        });
      } else nodes.push({ kind: "print", pipeline: parsePipeline(text, line), line });
    }
    if (opened !== undefined) fail(opened, "the block that begins here has no end");
    return nodes;
  };
  const closed = (line: number): void => {
    if (pieces[position]?.text !== "end") fail(line, "the block that begins here has no end");
  };
  const branch = (kind: "if" | "with", condition: string, line: number): Node => {
    position++;
    const body = block(line);
    return { kind, pipeline: parsePipeline(condition, line), body, otherwise: otherwiseOf(line) };
  };
  const otherwiseOf = (line: number): Node[] => {
    const text = pieces[position]?.text ?? "";
    if (text === "end") return [];
    const another = /^else if ([\s\S]+)$/.exec(text)?.[1];
    if (another !== undefined) return [branch("if", another, line)]; // its end is ours
    if (text !== "else") fail(line, `"${text}" is outside of the subset`);
    position++;
    const nodes = block(line);
    closed(line);
    return nodes;
  };
  const parsePipeline = (text: string, line: number): Pipeline => pipelineOf(text, (problem) => fail(line, problem));

  return { nodes: block(undefined), defined };
}

/** Text and actions; `{{-` and `-}}` take the white space beside them away. */
function piecesOf(file: string, source: string): Piece[] {
  const pieces: Piece[] = [];
  let trimNext = false;
  let end = 0;
  const action = /\{\{(- )?\s*(\/\*[\s\S]*?\*\/|(?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\}|\s-\}\})[\s\S])*?)\s*( -)?\}\}/g;
  for (const match of source.matchAll(action)) {
    let text = source.slice(end, match.index);
    if (trimNext) text = text.trimStart();
    if (match[1] !== undefined) text = text.trimEnd();
    const line = source.slice(0, match.index).split("\n").length;
    if (text.includes("{{")) throw new TemplateError(`${file}:${line}: an action before here has no end`);
    if (text !== "") pieces.push({ kind: "text", text, line });
    const inner = match[2] ?? "";
    if (!inner.startsWith("/*")) pieces.push({ kind: "action", text: inner.trim(), line });
    trimNext = match[3] !== undefined || match[0].endsWith(" -}}");
    end = match.index + match[0].length;
  }
  const rest = source.slice(end);
  if (rest.includes("{{")) throw new TemplateError(`${file}: the last action has no end`);
  if (rest !== "") pieces.push({ kind: "text", text: trimNext ? rest.trimStart() : rest, line: 0 });
  return pieces;
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(-?\d+(?:\.\d+)?)\b|(\$?\w*(?:\.\w+)+|\$\w*|\.)(?=[\s|)(]|$)|(\w+)|([|()])|(\.\w+(?:\.\w+)*))/y;

function pipelineOf(text: string, fail: (problem: string) => never): Pipeline {
  const [, declares, rest = text] = /^\$(\w+)\s*:?=\s*([\s\S]+)$/.exec(text) ?? [];
  let position = 0;
  /** Up to the end, or to the parenthesis that closes this one. */
  const pipeline = (depth: number): Pipeline => {
    const commands: Operand[][] = [[]];
    for (;;) {
      TOKEN.lastIndex = position;
      const match = TOKEN.exec(rest);
      if (match === null) {
        if (rest.slice(position).trim() !== "") fail(`"${rest.slice(position).trim()}" is outside of the subset`);
        if (depth > 0) fail(`a parenthesis is not closed in "${text}"`);
        break;
      }
      position = TOKEN.lastIndex;
      const [, quoted, raw, number, path, word, mark] = match;
      const command = commands.at(-1) as Operand[];
      if (quoted !== undefined) command.push({ kind: "constant", value: JSON.parse(quoted) as string });
      else if (raw !== undefined) command.push({ kind: "constant", value: raw });
      else if (number !== undefined) command.push({ kind: "constant", value: Number(number) });
      else if (path !== undefined) command.push(pathOperand(path));
      else if (word !== undefined) command.push(wordOperand(word));
      else if (mark === "|") commands.push([]);
      else if (mark === "(") {
        const inner = pipeline(depth + 1);
        const fields = /^(?:\.\w+)+/.exec(rest.slice(position))?.[0] ?? "";
        position += fields.length;
        command.push({ kind: "pipeline", pipeline: inner, fields: fields.split(".").slice(1) });
      } else if (mark === ")") {
        if (depth === 0) fail(`a parenthesis too many in "${text}"`);
        break;
      }
    }
    if (commands.some((command) => command.length === 0)) fail(`nothing stands between two marks in "${text}"`);
    return { commands };
  };
  const parsed = pipeline(0);
  return declares === undefined ? parsed : { ...parsed, declares };
}

function pathOperand(path: string): Operand {
  const [head = "", ...fields] = path === "." ? [""] : path.split(".");
  return head.startsWith("$") ? { kind: "variable", name: head.slice(1), fields } : { kind: "dot", fields };
}

function wordOperand(word: string): Operand {
  if (word === "true" || word === "false") return { kind: "constant", value: word === "true" };
  return word === "nil" ? { kind: "constant", value: null } : { kind: "function", name: word };
}
