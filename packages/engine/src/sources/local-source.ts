/**
 * The metric source of operations that end in this very process: whoever runs them counts them here, and nothing is scraped.
 *
 * A call is counted when it ends, so a window is complete at once. Reading a window seals it: what ends later is counted in the next
 * one. Cells are kept until a later window is read, because a pass that could not be recorded reads the same window again and more.
 * Nothing is kept over the end of the process: at most the calls since the last pass are lost.
 */
import { type Context, contextId, type Outcome, RATIO_BOUNDARIES, type VariantId } from "@trimtab/conventions";
import type { CostSum, Evidence, EvidenceCell, Histogram, Measurements } from "@trimtab/learning";
import { addMeasurements } from "@trimtab/learning";
import type { OperationKey } from "../stores/store.ts";
import { FINE_DURATION_BOUNDARIES_SECONDS } from "./fine-durations.ts";
import type { EvidenceRequest, MetricSource } from "./metric-source.ts";

/** One call that has ended. */
export interface LocalCall {
  /** In canonical form, of the declared keys. */
  readonly context: Context;
  readonly variant: VariantId;
  readonly outcome: Outcome;
  readonly durationSeconds: number;
  /** 0 to 1; absent where nobody scored it. */
  readonly quality?: number;
  /** Amounts by unit. */
  readonly costs?: Readonly<Record<string, number>>;
}

/** A metric source that is told of calls. */
export interface LocalSource extends MetricSource {
  /** Counts a call in the window that is open. Takes microseconds, and never throws. */
  count(key: OperationKey, call: LocalCall): void;
  /** Calls of an operation that no window was read of. */
  countOpen(key: OperationKey): number;
}

/** Windows may begin and end at any millisecond: nothing is sampled. */
const GRID_MILLISECONDS = 1;

/** Contexts and variants come from the application; the calls of more of them than this in one window are left out. */
const MOST_CELLS = 20_000;

interface Cell {
  readonly context: Context;
  readonly variant: VariantId;
  success: number;
  failure: number;
  partial: number;
  readonly duration: Tally;
  quality: Tally | undefined;
  cost: Map<string, { sum: number; squares: number }> | undefined;
}

interface Tally {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum: number;
  count: number;
  squares: number;
}

/** What was counted of one operation. */
interface Counted {
  open: Map<string, Cell>;
  openCalls: number;
  /** Ascending by end. */
  sealed: { readonly to: number; readonly cells: ReadonlyMap<string, Cell> }[];
}

/** Makes a source that has counted nothing yet. */
export function createLocalSource(): LocalSource {
  const operations = new Map<string, Counted>();
  const countedOf = (key: OperationKey): Counted => {
    const name = nameOf(key);
    const known = operations.get(name);
    if (known !== undefined) return known;
    const made: Counted = { open: new Map(), openCalls: 0, sealed: [] };
    operations.set(name, made);
    return made;
  };
  return {
    kind: "reported",
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    latestWindowEnd: (now) => Math.floor(now),
    scrapeIntervalMilliseconds: () => GRID_MILLISECONDS,
    count(key, call) {
      const counted = countedOf(key);
      const id = `${contextId(call.context)} ${call.variant}`;
      let cell = counted.open.get(id);
      if (cell === undefined) {
        if (counted.open.size >= MOST_CELLS) return;
        cell = emptyCell(call.context, call.variant);
        counted.open.set(id, cell);
      }
      add(cell, call);
      counted.openCalls++;
    },
    countOpen: (key) => operations.get(nameOf(key))?.openCalls ?? 0,
    readEvidence({ component, operation, window }: EvidenceRequest): Promise<Evidence> {
      const counted = countedOf({ component, operation });
      const last = counted.sealed.at(-1)?.to ?? Number.NEGATIVE_INFINITY;
      if (window.to > last) {
        counted.sealed.push({ to: window.to, cells: counted.open });
        counted.open = new Map();
        counted.openCalls = 0;
      }
      counted.sealed = counted.sealed.filter(({ to }) => to > window.from);
      const wanted = counted.sealed.filter(({ to }) => to <= window.to);
      const cells = cellsOf(wanted.map((each) => each.cells));
      return Promise.resolve({
        window,
        queries: [],
        cells:
          cells.length > 0
            ? { kind: "value", value: cells }
            : { kind: "no-data", detail: `no call of ${component}/${operation} ended in the window` },
      });
    },
    discoverOperations: () =>
      Promise.resolve({ kind: "no-data", detail: "operations of this process are declared, not discovered" }),
    inspect: () =>
      Promise.resolve({
        reachable: { kind: "value", value: true },
        targets: [],
        scrapeIntervalMilliseconds: GRID_MILLISECONDS,
      }),
  };
}

function emptyCell(context: Context, variant: VariantId): Cell {
  const duration = emptyTally(FINE_DURATION_BOUNDARIES_SECONDS);
  return { context, variant, success: 0, failure: 0, partial: 0, duration, quality: undefined, cost: undefined };
}

function emptyTally(bounds: readonly number[]): Tally {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0, count: 0, squares: 0 };
}

function add(cell: Cell, { outcome, durationSeconds, quality, costs }: LocalCall): void {
  cell[outcome] += 1;
  observe(cell.duration, durationSeconds);
  if (quality !== undefined) observe((cell.quality ??= emptyTally(RATIO_BOUNDARIES)), quality);
  if (costs === undefined) return;
  cell.cost ??= new Map();
  for (const [unit, amount] of Object.entries(costs)) {
    if (!(amount >= 0 && Number.isFinite(amount))) continue;
    const before = cell.cost.get(unit) ?? { sum: 0, squares: 0 };
    cell.cost.set(unit, { sum: before.sum + amount, squares: before.squares + amount * amount });
  }
}

function observe(tally: Tally, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) return;
  const place = tally.bounds.findIndex((bound) => value <= bound);
  const index = place < 0 ? tally.bounds.length : place;
  tally.counts[index] = (tally.counts[index] ?? 0) + 1;
  tally.sum += value;
  tally.count += 1;
  tally.squares += value * value;
}

/** One cell per context and variant, in one order whatever came first. */
function cellsOf(windows: readonly ReadonlyMap<string, Cell>[]): EvidenceCell[] {
  const sums = new Map<string, { cell: Cell; measured: Measurements }>();
  for (const cells of windows) {
    for (const [id, cell] of cells) {
      const before = sums.get(id);
      const measured = measurementsOf(cell);
      sums.set(id, { cell, measured: before === undefined ? measured : addMeasurements(before.measured, measured) });
    }
  }
  return [...sums]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { cell, measured }]) => ({
      context: cell.context,
      variant: cell.variant,
      reading: { kind: "value", value: measured },
    }));
}

function measurementsOf({ success, failure, partial, duration, quality, cost }: Cell): Measurements {
  return {
    success,
    failure,
    partial,
    duration: histogramOf(duration),
    ...(quality === undefined ? {} : { quality: histogramOf(quality) }),
    ...(cost === undefined ? {} : { cost: Object.fromEntries(cost) as Readonly<Record<string, CostSum>> }),
  };
}

function histogramOf({ bounds, counts, sum, count, squares }: Tally): Histogram {
  return { bounds, counts: [...counts], sum, count, squares };
}

function nameOf({ component, operation }: OperationKey): string {
  return `${component} ${operation}`;
}
