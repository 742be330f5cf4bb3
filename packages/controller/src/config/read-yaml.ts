/** A YAML text as plain values, with the line of each, or every mistake of form. */
import type { Problem } from "@trimtab/conventions";
import { isCollection, isMap, isScalar, LineCounter, type ParsedNode, parseDocument, visit } from "yaml";
import type { FileProblem } from "./file-problem.ts";

/** What a text holds. */
export interface YamlFile {
  readonly value: unknown;
  /** The line of the value at a path (of its key, where it has one), counted from 1; of the nearest parent where it is absent. */
  lineOf(path: Problem["path"]): number | undefined;
}

/** Reads a YAML 1.2 text. */
export function readYaml(text: string): YamlFile | { readonly problems: readonly FileProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const problems: FileProblem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    path: [],
    message: tell(code, message, text, pos[0]),
    line: lineAt(pos[0]),
  }));
  visit(document, {
    Pair(_, pair) {
      // Objects and zod alike give this name a meaning of its own.
      if (isScalar(pair.key) && pair.key.value === "__proto__")
        problems.push({ path: [], message: "__proto__ is no legal name" });
    },
  });
  if (problems.length > 0) return { problems };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return { problems: [{ path: [], message: error instanceof Error ? error.message : String(error) }] };
  }
  return { value, lineOf: (path) => lineOf(document.contents, path, lineAt) };
}

function tell(code: string, message: string, text: string, offset: number): string {
  switch (code) {
    case "DUPLICATE_KEY": {
      const key = /^["']?([^\s:"']+)/.exec(text.slice(offset))?.[1] ?? "this key";
      return `"${key}" stands there twice; keep one of the two`;
    }
    case "TAB_AS_INDENT":
      return "is indented with a tab; YAML knows only spaces";
    case "MULTIPLE_DOCS":
      return 'holds a second document; remove the line "---" and what follows';
    default:
      return `is not YAML: ${message.split("\n")[0]}`;
  }
}

function lineOf(
  root: ParsedNode | null,
  path: Problem["path"],
  lineAt: (offset: number) => number,
): number | undefined {
  let node: unknown = root;
  let line: number | undefined;
  for (const segment of path) {
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
      if (pair === undefined) break;
      const offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      if (offset !== undefined) line = lineAt(offset);
      node = pair.value;
    } else {
      const item: unknown = node.items[Number(segment)];
      if (isScalar(item) || isCollection(item)) line = item.range ? lineAt(item.range[0]) : line;
      node = item;
    }
  }
  return line;
}
