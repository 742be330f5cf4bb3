/**
 * The numbers of one operation, context and variant: plain sums in typed arrays, written at the end of a call and read when
 * metrics are collected.
 */
import { OTHER_CONTEXT_VALUE, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { UNKNOWN_ERROR_TYPE } from "../label-values.ts";
import { type Buckets, Distribution } from "./distribution.ts";
import type { CellExemplars } from "./exemplars.ts";
import {
  type CountKind,
  type EndedCall,
  MAXIMUM_ERROR_TYPES,
  MAXIMUM_TYPES,
  MAXIMUM_UNITS,
  type MeasuredOperation,
  type ResourceUse,
} from "./measured-call.ts";

/** What was spent in one unit. */
export interface Spent {
  amount: number;
  squares: number;
}

/** Which buckets a new distribution gets. */
export interface CellBuckets {
  readonly duration: Buckets;
  readonly quality: Buckets;
  readonly countsErrorTypes: boolean;
}

/** Which series a cell has, beside its calls. */
export interface CellShape {
  readonly hasDuration: boolean;
  readonly hasQuality: boolean;
  readonly hasResources: boolean;
  readonly hasStops: boolean;
  readonly units: readonly string[];
  readonly errorTypes: readonly string[];
  readonly countTypes: readonly (readonly [CountKind, readonly string[]])[];
}

const SUCCESS = 0;
const FAILURE = 1;
const PARTIAL = 2;
const WRITES = 3;

/** One operation, context and variant. */
export class Cell {
  readonly operation: MeasuredOperation;
  readonly context: LabelledContext;
  /** As it stands in labels. */
  readonly variant: VariantId;
  /** Stands for more than what its labels say. */
  readonly isCollapsed: boolean;
  /** Milliseconds since 1970. */
  readonly bornAt: number;
  duration: Distribution | undefined;
  quality: Distribution | undefined;
  costs: Map<string, Spent> | undefined;
  errors: Map<string, number> | undefined;
  counts: Map<CountKind, Map<string, number>> | undefined;
  resources: { -readonly [Key in keyof ResourceUse]: number } | undefined;
  /** How often this process stopped giving calls to the variant; undefined where it never did. */
  stops: number | undefined;
  /** Undefined as long as no call has a span that is kept. */
  exemplars: CellExemplars | undefined;
  readonly #buckets: CellBuckets;
  readonly #counts = new Float64Array(4);

  constructor(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    buckets: CellBuckets,
    bornAt: number,
    shape?: CellShape,
  ) {
    this.operation = operation;
    this.context = context;
    this.variant = variant;
    this.isCollapsed = context.isCollapsed || variant === OTHER_CONTEXT_VALUE;
    this.#buckets = buckets;
    this.bornAt = bornAt;
    if (shape !== undefined) this.#take(shape);
  }

  get shape(): CellShape {
    return {
      hasDuration: this.duration !== undefined,
      hasQuality: this.quality !== undefined,
      hasResources: this.resources !== undefined,
      hasStops: this.stops !== undefined,
      units: [...(this.costs?.keys() ?? [])],
      errorTypes: [...(this.errors?.keys() ?? [])],
      countTypes: [...(this.counts ?? [])].map(([kind, byType]) => [kind, [...byType.keys()]]),
    };
  }

  get success(): number {
    return this.#counts[SUCCESS] as number;
  }

  get failure(): number {
    return this.#counts[FAILURE] as number;
  }

  get partial(): number {
    return this.#counts[PARTIAL] as number;
  }

  /** Grows with every change. */
  get writes(): number {
    return this.#counts[WRITES] as number;
  }

  record(call: EndedCall): void {
    const counts = this.#counts;
    const at = call.outcome === "success" ? SUCCESS : call.outcome === "failure" ? FAILURE : PARTIAL;
    counts[at] = (counts[at] as number) + 1;
    counts[WRITES] = (counts[WRITES] as number) + 1;
    if (call.durationMilliseconds !== undefined) {
      this.duration ??= new Distribution(this.#buckets.duration);
      this.duration.record(call.durationMilliseconds / 1000);
    }
    if (call.quality !== undefined) {
      this.quality ??= new Distribution(this.#buckets.quality);
      this.quality.record(call.quality);
    }
    if (call.errorType !== undefined && this.#buckets.countsErrorTypes) this.#addError(call.errorType);
    if (call.costs !== undefined) for (const [unit, amount] of call.costs) this.#spend(amount, unit);
    if (call.counts !== undefined) {
      for (const [kind, byType] of call.counts) for (const [type, amount] of byType) this.#count(kind, type, amount);
    }
    if (call.resources !== undefined) this.#use(call.resources);
  }

  recordQuality(quality: number): void {
    this.quality ??= new Distribution(this.#buckets.quality);
    this.quality.record(quality);
    this.#touch();
  }

  recordCost(amount: number, unit: string): void {
    this.#spend(amount, unit);
    this.#touch();
  }

  recordCount(kind: CountKind, type: string, amount: number): void {
    this.#count(kind, type, amount);
    this.#touch();
  }

  recordStop(): void {
    this.stops = (this.stops ?? 0) + 1;
    this.#touch();
  }

  /** All of it at zero. */
  #take({ hasDuration, hasQuality, hasResources, hasStops, units, errorTypes, countTypes }: CellShape): void {
    if (hasStops) this.stops = 0;
    if (hasDuration) this.duration = new Distribution(this.#buckets.duration);
    if (hasQuality) this.quality = new Distribution(this.#buckets.quality);
    if (hasResources) this.resources = { cpuSeconds: 0, eventLoopDelaySeconds: 0, heapBytes: 0 };
    if (units.length > 0) this.costs = new Map(units.map((unit) => [unit, { amount: 0, squares: 0 }]));
    if (errorTypes.length > 0) this.errors = new Map(errorTypes.map((type) => [type, 0]));
    for (const [kind, types] of countTypes) for (const type of types) this.#count(kind, type, 0);
  }

  #touch(): void {
    this.#counts[WRITES] = this.writes + 1;
  }

  #addError(type: string): void {
    this.errors ??= new Map();
    const isNew = !this.errors.has(type);
    const label = isNew && this.errors.size >= MAXIMUM_ERROR_TYPES ? UNKNOWN_ERROR_TYPE : type;
    this.errors.set(label, (this.errors.get(label) ?? 0) + 1);
  }

  #count(kind: CountKind, type: string, amount: number): void {
    this.counts ??= new Map();
    let byType = this.counts.get(kind);
    if (byType === undefined) {
      byType = new Map();
      this.counts.set(kind, byType);
    }
    const isNew = !byType.has(type);
    const label = isNew && byType.size >= MAXIMUM_TYPES ? OTHER_CONTEXT_VALUE : type;
    byType.set(label, (byType.get(label) ?? 0) + amount);
  }

  #spend(amount: number, unit: string): void {
    this.costs ??= new Map();
    const isNew = !this.costs.has(unit);
    const label = isNew && this.costs.size >= MAXIMUM_UNITS ? OTHER_CONTEXT_VALUE : unit;
    const spent = this.costs.get(label);
    if (spent === undefined) this.costs.set(label, { amount, squares: amount * amount });
    else {
      spent.amount += amount;
      spent.squares += amount * amount;
    }
  }

  #use(used: ResourceUse): void {
    this.resources ??= { cpuSeconds: 0, eventLoopDelaySeconds: 0, heapBytes: 0 };
    this.resources.cpuSeconds += used.cpuSeconds;
    this.resources.eventLoopDelaySeconds += used.eventLoopDelaySeconds;
    this.resources.heapBytes += used.heapBytes;
  }
}
