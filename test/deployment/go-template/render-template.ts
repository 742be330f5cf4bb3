/** From the tree of a template and its data to text. */
import { type Node, type Operand, type ParsedTemplate, type Pipeline, TemplateError } from "./parse-template.ts";
import { isTrue, printed, TEMPLATE_FUNCTIONS } from "./template-functions.ts";

/** @throws {TemplateError} where a template would print what is not there, calls what the subset lacks, or calls `fail`. */
export function renderTemplates(files: ReadonlyMap<string, ParsedTemplate>, file: string, root: unknown): string {
  const defined = new Map([...files.values()].flatMap((parsed) => [...parsed.defined]));
  const nodes = files.get(file)?.nodes;
  if (nodes === undefined) throw new TemplateError(`there is no template ${file}`);
  try {
    return run(nodes, root, new Map([["", root]]));
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    throw new TemplateError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }

  function run(body: readonly Node[], dot: unknown, outer: ReadonlyMap<string, unknown>): string {
    const variables = new Map(outer);
    return body.map((node) => one(node, dot, variables)).join("");
  }

  function one(node: Node, dot: unknown, variables: Map<string, unknown>): string {
    if (node.kind === "text") return node.text;
    const value = evaluate(node.pipeline, dot, variables);
    if (node.kind === "print") {
      if (node.pipeline.declares === undefined) return printed(value);
      variables.set(node.pipeline.declares, value);
      return "";
    }
    if (node.kind === "range") return range(node, value, dot, variables);
    if (!isTrue(value)) return run(node.otherwise, dot, variables);
    return run(node.body, node.kind === "with" ? value : dot, variables);
  }

  function range(
    { key, value: name, body, otherwise }: Extract<Node, { kind: "range" }>,
    items: unknown,
    dot: unknown,
    variables: ReadonlyMap<string, unknown>,
  ): string {
    if (!isTrue(items)) return run(otherwise, dot, variables);
    // A list in its order, a map by its sorted keys.
    const entries: [unknown, unknown][] = Array.isArray(items)
      ? items.map((item, index) => [index, item])
      : Object.entries(items as object).sort(([left], [right]) => (left < right ? -1 : 1));
    return entries
      .map(([at, item]) =>
        run(
          body,
          item,
          new Map([
            ...variables,
            ...(key === undefined ? [] : [[key, at] as const]),
            ...(name === undefined ? [] : [[name, item] as const]),
          ]),
        ),
      )
      .join("");
  }

  function evaluate(pipeline: Pipeline, dot: unknown, variables: ReadonlyMap<string, unknown>): unknown {
    let result: unknown;
    for (const [index, command] of pipeline.commands.entries()) {
      const [first, ...rest] = command as [Operand, ...Operand[]];
      const before = index === 0 ? [] : [result];
      const values = rest.map((operand) => valueOf(operand, dot, variables));
      result = isMethod(first)
        ? method(first, [...values, ...before], dot, variables)
        : command.length === 1 && before.length === 0 && first.kind !== "function"
          ? valueOf(first, dot, variables)
          : call(first, [...values, ...before], dot);
    }
    return result;
  }

  function call(operand: Operand, values: unknown[], dot: unknown): unknown {
    if (operand.kind !== "function") throw new Error("something that is no function is given arguments");
    if (operand.name === "include") {
      const [name, context] = values;
      const body = defined.get(printed(name));
      if (body === undefined) throw new Error(`no template is called "${printed(name)}"`);
      return run(body, context ?? dot, new Map([["", context]]));
    }
    if (!Object.hasOwn(TEMPLATE_FUNCTIONS, operand.name))
      throw new Error(`the function ${operand.name} is outside of the subset`);
    return TEMPLATE_FUNCTIONS[operand.name]?.(...values);
  }

  function method(operand: Operand, values: unknown[], dot: unknown, variables: ReadonlyMap<string, unknown>): unknown {
    return (valueOf(operand, dot, variables) as (...all: unknown[]) => unknown)(...values);
  }

  function valueOf(operand: Operand, dot: unknown, variables: ReadonlyMap<string, unknown>): unknown {
    if (operand.kind === "constant") return operand.value;
    if (operand.kind === "function") return call(operand, [], dot);
    if (operand.kind === "pipeline") return fieldsOf(evaluate(operand.pipeline, dot, variables), operand.fields);
    if (operand.kind === "dot") return fieldsOf(dot, operand.fields);
    if (!variables.has(operand.name)) throw new Error(`no variable is called $${operand.name}`);
    return fieldsOf(variables.get(operand.name), operand.fields);
  }
}

/** `.Files.Get` and `.Files.Glob` are the methods of the chart. */
function isMethod(operand: Operand): boolean {
  return "fields" in operand && operand.fields.at(-2) === "Files";
}

function fieldsOf(value: unknown, fields: readonly string[]): unknown {
  return fields.reduce((place, field) => {
    if (typeof place !== "object" || place === null)
      throw new Error(`nothing has the field ${field} of .${fields.join(".")}`);
    return (place as Record<string, unknown>)[field];
  }, value);
}
