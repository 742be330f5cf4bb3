/** The scores of feedback as a histogram for dashboards. Labels differ from operation to operation, which prom-client does not know. */
import {
  canonicalContext,
  contextLabel,
  controllerInstruments,
  OTHER_CONTEXT_VALUE,
  prometheusName,
  UNKNOWN_VARIANT,
} from "@trimtab/conventions";
import type { Feedback } from "@trimtab/engine";
import { exposedLabels } from "./exposed-labels.ts";

/** More sets of labels of one operation are counted under the context `__other__` and an unknown variant. */
const MOST_CELLS_PER_OPERATION = 500;

/** More types of one operation than this are counted as `__other__`: whoever sends feedback chooses them. */
const MOST_TYPES_PER_OPERATION = 20;

const BOUNDARIES = controllerInstruments.feedbackScore.boundaries ?? [];

interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
}

interface OperationCells {
  readonly types: Set<string>;
  readonly cells: Map<string, Cell>;
}

/** Counts scores and writes them as a part of the metrics page. */
export interface FeedbackMetrics {
  /** @param contextKeys Of the operation that the feedback is about. */
  observe(feedback: Feedback, contextKeys: readonly string[]): void;
  /** The family's lines; empty before the first score. */
  page(): string;
}

/** Counts since the process began. */
export function createFeedbackMetrics(): FeedbackMetrics {
  const operations = new Map<string, OperationCells>();
  return {
    observe({ component, operation, context, variant = UNKNOWN_VARIANT, type, score }, contextKeys) {
      if (component === undefined || operation === undefined || score === undefined) return;
      const name = `${component} ${operation}`;
      const own = operations.get(name) ?? { types: new Set(), cells: new Map<string, Cell>() };
      operations.set(name, own);
      const isKnownType = own.types.has(type) || own.types.size < MOST_TYPES_PER_OPERATION;
      if (isKnownType) own.types.add(type);
      const known = canonicalContext(context, contextKeys);
      const labels = {
        component,
        operation,
        variant,
        type: isKnownType ? type : OTHER_CONTEXT_VALUE,
        ...labelsOf(known),
      };
      const cell = cellOf(own.cells, labels) ?? cellOf(own.cells, collapsed(labels), true);
      if (cell === undefined) return;
      const bucket = BOUNDARIES.findIndex((bound) => score <= bound);
      const place = bucket < 0 ? BOUNDARIES.length : bucket;
      cell.counts[place] = (cell.counts[place] ?? 0) + 1;
      cell.sum += score;
    },
    page() {
      const cells = [...operations.values()].flatMap((own) => [...own.cells.values()]);
      return cells.length === 0 ? "" : familyText(cells);
    },
  };
}

function labelsOf(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [contextLabel(key), value]));
}

function collapsed(labels: Readonly<Record<string, string>>): Record<string, string> {
  const { component = "", operation = "", type = "" } = labels;
  const context = Object.keys(labels).filter((key) => key.startsWith(contextLabel("")));
  return {
    component,
    operation,
    variant: UNKNOWN_VARIANT,
    type,
    ...Object.fromEntries(context.map((key) => [key, OTHER_CONTEXT_VALUE])),
  };
}

function cellOf(cells: Map<string, Cell>, labels: Cell["labels"], isLast = false): Cell | undefined {
  const key = exposedLabels(labels);
  const found = cells.get(key);
  if (found !== undefined || (cells.size >= MOST_CELLS_PER_OPERATION && !isLast)) return found;
  const cell = { labels, counts: [...BOUNDARIES, 0].map(() => 0), sum: 0 };
  cells.set(key, cell);
  return cell;
}

function familyText(cells: readonly Cell[]): string {
  const instrument = controllerInstruments.feedbackScore;
  const name = prometheusName(instrument);
  const lines = [`# HELP ${name} ${instrument.description}`, `# TYPE ${name} histogram`];
  for (const { labels, counts, sum } of cells) {
    let total = 0;
    for (const [index, count] of counts.entries()) {
      total += count;
      const le = BOUNDARIES[index] === undefined ? "+Inf" : String(BOUNDARIES[index]);
      lines.push(`${name}_bucket{${exposedLabels({ ...labels, le })}} ${total}`);
    }
    lines.push(`${name}_sum{${exposedLabels(labels)}} ${sum}`, `${name}_count{${exposedLabels(labels)}} ${total}`);
  }
  return `${lines.join("\n")}\n`;
}
