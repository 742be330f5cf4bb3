/** Reads PromQL as Grafana's own editor does: what it asks for, and where it is no PromQL at all. */
import { parser } from "@prometheus-io/lezer-promql";

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

/** One selector with what stands around it. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  /** As it is written, e.g. `5m`; absent without one. */
  readonly window?: string;
  /** The function right around it, e.g. `rate`. */
  readonly inFunction?: string;
}

/** Labels that an aggregation or a match names, and the metrics that it works on. */
interface Grouping {
  readonly labels: readonly string[];
  readonly metrics: readonly string[];
}

/** What an expression is made of. */
export interface ReadExpression {
  /** Places where it is no PromQL. */
  readonly problems: readonly string[];
  readonly selectors: readonly Selector[];
  readonly groupings: readonly Grouping[];
}

const known = new Map<string, ReadExpression>();

/** Reads an expression without variables; it is remembered, because mutants share most of theirs. */
export function readExpression(text: string): ReadExpression {
  const before = known.get(text);
  if (before !== undefined) return before;
  const read = reading(text);
  known.set(text, read);
  return read;
}

function reading(text: string): ReadExpression {
  const problems: string[] = [];
  const selectors: Selector[] = [];
  const groupings: Grouping[] = [];
  parser.parse(text).iterate({
    enter({ node }) {
      if (node.type.isError)
        problems.push(`is no PromQL at character ${node.from}: ${text.slice(node.from, node.from + 30)}`);
      if (node.name === "VectorSelector") selectors.push(selectorOf(node, text));
      if (node.name === "AggregateModifier" || node.name === "MatchingModifierClause") {
        const labels = textsIn(node, "LabelName", text);
        const whole = node.parent ?? node;
        groupings.push({
          labels,
          metrics: nodesIn(whole, "VectorSelector").map((each) => selectorOf(each, text).metric),
        });
      }
    },
  });
  return { problems, selectors, groupings };
}

function selectorOf(node: Node, text: string): Selector {
  const name = node.getChild("Identifier");
  const matchers = nodesIn(node, "UnquotedLabelMatcher").map((matcher) => ({
    label: textsIn(matcher, "LabelName", text)[0] ?? "",
    operator: textsIn(matcher, "MatchOp", text)[0] ?? "",
    value: (textsIn(matcher, "StringLiteral", text)[0] ?? "").slice(1, -1),
  }));
  const matrix = node.parent?.name === "MatrixSelector" ? node.parent : undefined;
  const [window] = matrix === undefined ? [] : textsIn(matrix, "DurationExpr", text);
  const call = (matrix ?? node).parent?.parent;
  const [inFunction] = call?.name === "FunctionCall" ? textsIn(call, "FunctionIdentifier", text) : [];
  return {
    metric: name === null ? "" : text.slice(name.from, name.to),
    matchers,
    ...(window === undefined ? {} : { window }),
    ...(inFunction === undefined ? {} : { inFunction }),
  };
}

function nodesIn(root: Node, name: string): Node[] {
  const found: Node[] = [];
  root.cursor().iterate(({ node }) => {
    if (node.name === name) found.push(node);
  });
  // A cursor goes on beyond its root's end.
  return found.filter(({ from, to }) => from >= root.from && to <= root.to);
}

function textsIn(root: Node, name: string, text: string): string[] {
  return nodesIn(root, name).map(({ from, to }) => text.slice(from, to));
}
