/** From the rows that Prometheus answered to evidence cells, or why there are none; pure. */
import { canonicalJson, contextKeyOfLabel, contextLabel, labels as labelKeys, OUTCOMES } from "@trimtab/conventions";
import type { DiscoveredOperation } from "@trimtab/engine";
import type { EvidenceCell, Measurements, Reading } from "@trimtab/learning";
import { counterNames, declaredContext, type HistogramMeasure, inOrder, measurementsOf } from "../measured-cell.ts";
import type { VectorRow } from "./prometheus-client.ts";
import type { Dialect } from "./prometheus-increments.ts";
import { type EvidenceQuestion, PART_LABEL } from "./prometheus-queries.ts";

/** The answers to the questions of one piece of evidence. */
export type EvidenceAnswers = Readonly<Record<EvidenceQuestion, readonly VectorRow[]>>;

/** The cells of the answers; no data where no series of the operation had a sample in the window. */
export function cellsOf(answers: EvidenceAnswers, declaredKeys: readonly string[]): Reading<readonly EvidenceCell[]> {
  const found = new Map<string, FoundCell>();
  for (const question of Object.keys(rowReaders) as EvidenceQuestion[]) {
    for (const row of answers[question]) rowReaders[question](cellOf(found, row, declaredKeys), row);
  }
  if (found.size === 0) return { kind: "no-data", detail: "no series of the operation had a sample in the window" };
  const cells = [...found.values()].map(
    (cell): EvidenceCell => ({ context: cell.context, variant: cell.variant, reading: readingOf(cell) }),
  );
  return { kind: "value", value: inOrder(cells) };
}

/** What the question about targets says. */
export interface TargetsAnswer {
  /** Are there series that need the guarded form? */
  readonly isDisturbed: boolean;
  /** Of which instances, where they are few and have names; undefined where any may be. */
  readonly disturbedInstances: readonly string[] | undefined;
  /** Milliseconds since 1970; undefined where no series is there at the window's end. */
  readonly newestSampleAt: number | undefined;
  readonly dialect: Dialect;
  /** Prometheus' own clock, in milliseconds since 1970; undefined where it did not say. */
  readonly clock: number | undefined;
}

/** Every selector of a question names them, a hundred times in all. */
const MOST_NAMED_INSTANCES = 20;

/** @param rows The answer to `targetsQuery`. */
export function targetsAnswer(rows: readonly VectorRow[]): TargetsAnswer {
  const part = (name: string): number | undefined => rows.find(({ labels }) => labels[PART_LABEL] === name)?.value;
  const newest = part("newest");
  const clock = part("clock");
  const disturbed = rows.filter(({ labels }) => ["disturbed", "broken"].includes(labels[PART_LABEL] ?? ""));
  const instances = [...new Set(disturbed.map(({ labels }) => labels["instance"] ?? ""))].sort();
  const areNamed = instances.length <= MOST_NAMED_INSTANCES && !instances.includes("");
  return {
    dialect: part("nan") === undefined ? "victoria-metrics" : "prometheus",
    clock: clock === undefined ? undefined : clock * 1000,
    isDisturbed: disturbed.length > 0,
    disturbedInstances: areNamed ? instances : undefined,
    newestSampleAt: newest === undefined ? undefined : newest * 1000,
  };
}

interface FoundCell {
  readonly context: EvidenceCell["context"];
  readonly variant: string;
  readonly counters: Record<string, number>;
  /** Cumulative increments by upper bound. */
  readonly buckets: Partial<Record<HistogramMeasure, Map<number, number>>>;
  /** How many series the buckets have: one number where all have as many. */
  readonly bucketSeries: Partial<Record<HistogramMeasure, Set<number>>>;
  /** What two rows gave. */
  twice?: string;
  /** Some outcome has no samples any more, though its process goes on. */
  isTorn?: boolean;
  /** An outcome that is none of ours. */
  strangeOutcome?: string;
}

function cellOf(found: Map<string, FoundCell>, { labels }: VectorRow, declaredKeys: readonly string[]): FoundCell {
  const values = Object.fromEntries(declaredKeys.map((key) => [key, labels[contextLabel(key)] ?? ""]));
  const context = declaredContext(values, declaredKeys);
  const variant = labels[labelKeys.variant] ?? "";
  const key = canonicalJson([context, variant]);
  let cell = found.get(key);
  if (cell === undefined) {
    cell = { context, variant, counters: {}, buckets: {}, bucketSeries: {} };
    found.set(key, cell);
  }
  return cell;
}

type RowReader = (cell: FoundCell, row: VectorRow) => void;

const rowReaders: Readonly<Record<EvidenceQuestion, RowReader>> = {
  calls(cell, { labels, value }) {
    const outcome = labels[labelKeys.outcome] ?? "";
    if (labels[PART_LABEL] === "torn") cell.isTorn = true;
    else if (labels[PART_LABEL] === "stops") set(cell, counterNames.stops, value);
    else if ((OUTCOMES as readonly string[]).includes(outcome)) set(cell, counterNames.calls(outcome), value);
    else cell.strangeOutcome = outcome;
  },
  "duration-buckets": (cell, row) => {
    readHistogramPart("duration", cell, row);
  },
  duration: (cell, row) => {
    readHistogramPart("duration", cell, row);
  },
  quality: (cell, row) => {
    readHistogramPart("quality", cell, row);
  },
  cost(cell, { labels, value }) {
    const unit = labels[labelKeys.unit] ?? "";
    set(cell, labels[PART_LABEL] === "squares" ? counterNames.costSquares(unit) : counterNames.cost(unit), value);
  },
};

function readHistogramPart(measure: HistogramMeasure, cell: FoundCell, { labels, value }: VectorRow): void {
  const { le, [PART_LABEL]: part } = labels;
  if (le !== undefined && part === "series") {
    const series = (cell.bucketSeries[measure] ??= new Set<number>());
    series.add(value);
  } else if (le !== undefined) {
    const buckets = (cell.buckets[measure] ??= new Map<number, number>());
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    // Prometheus 3 writes `1.0` where 2 wrote `1`: in the window of the upgrade a bucket is two series.
    if (buckets.has(bound)) cell.twice = `${measure} bucket ${bound}`;
    buckets.set(bound, value);
  } else if (part === "sum") set(cell, counterNames.sum(measure), value);
  else if (part === "count") set(cell, counterNames.count(measure), value);
  else set(cell, counterNames.squares(measure), value);
}

function set(cell: FoundCell, name: string, value: number): void {
  if (Object.hasOwn(cell.counters, name)) cell.twice = name;
  if (Number.isFinite(value)) cell.counters[name] = value;
  else cell.counters[counterNames.notANumber(name)] = 1;
}

function readingOf(cell: FoundCell): Reading<Measurements> {
  if (cell.twice !== undefined)
    return { kind: "several-series", detail: `Prometheus has two series for "${cell.twice}"` };
  if (cell.isTorn === true) {
    const detail = "the counter of an outcome has no samples any more while others of the cell have: it may be NaN";
    return { kind: "not-a-number", detail };
  }
  if (cell.strangeOutcome !== undefined) {
    const detail = `some calls have the outcome "${cell.strangeOutcome}"; known are ${OUTCOMES.join(", ")}`;
    return { kind: "partial", detail };
  }
  const bounds: Partial<Record<HistogramMeasure, readonly number[]>> = {};
  for (const measure of ["duration", "quality"] as const) {
    const count = cell.counters[counterNames.count(measure)];
    const buckets = cell.buckets[measure];
    if (count === undefined && buckets === undefined) continue;
    const ascending = [...(buckets ?? [])]
      .filter(([bound]) => Number.isFinite(bound))
      .sort(([left], [right]) => left - right);
    bounds[measure] = ascending.map(([bound]) => bound);
    const total = count ?? buckets?.get(Number.POSITIVE_INFINITY) ?? 0;
    cell.counters[counterNames.count(measure)] = total;
    if ((cell.bucketSeries[measure]?.size ?? 1) > 1) {
      const detail = `histograms of the ${measure} with different bucket bounds were counted in the window`;
      return { kind: "several-series", detail };
    }
    let below = 0;
    for (const [index, cumulative] of [...ascending.map(([, value]) => value), total].entries()) {
      if (!Number.isFinite(cumulative))
        return { kind: "not-a-number", detail: `a bucket of the ${measure} is ${cumulative}` };
      if (cumulative < below - TOLERATED_SHARE * Math.max(1, below)) {
        const detail = `the buckets of the ${measure} do not add up: were their bounds changed in the window?`;
        return { kind: "several-series", detail };
      }
      cell.counters[counterNames.bucket(measure, index)] = Math.max(0, cumulative - below);
      below = Math.max(below, cumulative);
    }
  }
  return measurementsOf(cell.counters, bounds);
}

/** After a restart each bucket is extrapolated by itself, and may differ from its neighbour by a share of one scrape. */
const TOLERATED_SHARE = 0.05;

const MAXIMUM_VALUES = 20;

/** The operations that the answers to `discoveryQueries` show, in the order of the questions. */
export function discoveredOperations([
  calls = [],
  quality = [],
  cost = [],
]: readonly (readonly VectorRow[])[]): readonly DiscoveredOperation[] {
  const found = new Map<string, { calls: number; context: Map<string, Set<string>>; variants: Set<string> }>();
  for (const { labels, value } of calls) {
    const key = operationKey(labels);
    const operation = found.get(key) ?? {
      calls: 0,
      context: new Map<string, Set<string>>(),
      variants: new Set<string>(),
    };
    found.set(key, operation);
    operation.calls += Number.isFinite(value) ? value : 0;
    operation.variants.add(labels[labelKeys.variant] ?? "");
    for (const [label, text] of Object.entries(labels)) {
      const name = contextKeyOfLabel(label);
      if (name !== undefined) operation.context.set(name, (operation.context.get(name) ?? new Set()).add(text));
    }
  }
  return [...found]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, operation]) => {
      const [component = "", name = ""] = JSON.parse(key) as string[];
      const ofThis = ({ labels }: VectorRow): boolean => operationKey(labels) === key;
      const context = [...operation.context].sort(([left], [right]) => (left < right ? -1 : 1));
      return {
        component,
        operation: name,
        context: Object.fromEntries(context.map(([label, seen]) => [label, [...seen].sort().slice(0, MAXIMUM_VALUES)])),
        variants: [...operation.variants].sort(),
        calls: Math.round(operation.calls),
        hasQuality: quality.some(ofThis),
        costUnits: cost
          .filter(ofThis)
          .map(({ labels }) => labels[labelKeys.unit] ?? "")
          .sort(),
      };
    });
}

function operationKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([labels[labelKeys.component] ?? "", labels[labelKeys.operation] ?? ""]);
}
