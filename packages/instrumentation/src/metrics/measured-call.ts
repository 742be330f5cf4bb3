/** What is measured of a call, and who takes it: the cells of this process, or the instruments of somebody else's SDK. */
import type { Context, Outcome, VariantId } from "@trimtab/conventions";
import type { Collected } from "../collection-level.ts";
import type { LabelledContext } from "../context-tree.ts";

/** What is known of a call when it has ended. */
export interface EndedCall {
  readonly outcome: Outcome;
  /** Undefined where nobody measured it. */
  readonly durationMilliseconds: number | undefined;
  readonly quality: number | undefined;
  /** Amounts by unit. */
  readonly costs: ReadonlyMap<string, number> | undefined;
  readonly errorType: string | undefined;
  readonly counts?: CallCounts | undefined;
  /** At level `comprehensive` alone. */
  readonly resources?: ResourceUse | undefined;
  /** For the record of this one call; there only while such records are wanted, and never a label. */
  readonly metadata?: ReadonlyMap<string, unknown> | undefined;
}

/** What is counted by a label `type`. */
export type CountKind = "tokens" | "engagement";

/** Amounts by kind, then by type. */
type CallCounts = ReadonlyMap<CountKind, ReadonlyMap<string, number>>;

/** What the process used while a call ran; the share of this call. */
export interface ResourceUse {
  readonly cpuSeconds: number;
  readonly eventLoopDelaySeconds: number;
  readonly heapBytes: number;
}

/** An operation, as its metrics need it. */
export interface MeasuredOperation {
  /** The component that it belongs to, as it stands in labels. */
  readonly component: string;
  /** As it stands in labels. */
  readonly name: string;
  /** Upper bounds of its duration buckets in seconds; undefined for those that all operations have. */
  readonly durationBoundaries: readonly number[] | undefined;
  /** Hears of each call too; undefined where nobody asks for summaries of this process. */
  readonly history?: CallHistory | undefined;
  /** May a call of this context still get this variant? Without a context: a call of any context. */
  isCurrent(variant: VariantId, context: Context | undefined): boolean;
}

/** Remembers calls for summaries. */
export interface CallHistory {
  record(call: EndedCall): void;
  recordQuality(quality: number): void;
}

/** Variants that exist from now on. */
export type Siblings = readonly { readonly id: VariantId }[];

/** Takes what was measured. */
export interface CallWriter {
  /**
   * Counts a call that has ended.
   *
   * @param siblings The variants that calls of this context may get: their outcomes exist at zero from now on, because
   * Prometheus sees no increase in a series that is born with its first call.
   */
  record(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    siblings?: Siblings,
  ): void;
  /** Counts a score that came after its call had ended. */
  recordLateQuality(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, quality: number): void;
  /** Counts a cost that came after its call had ended. */
  recordLateCost(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    amount: number,
    unit: string,
  ): void;
  /** Counts tokens or engagement that came after their call had ended. */
  recordLateCount(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    kind: CountKind,
    type: string,
    amount: number,
  ): void;
  /** Counts that this process gives the variant no more calls. */
  recordStop(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): void;
}

/** What decides which series there are. */
export interface SeriesSettings {
  /** Of the operations that name no other. */
  readonly component: string;
  readonly collected: Collected;
  readonly durationBoundariesSeconds: readonly number[];
  /** The most contexts that become labels; the most cells follow from it. */
  readonly maximumContexts: number;
}

/** Error types come from the application; more of them than this per cell are one. */
export const MAXIMUM_ERROR_TYPES = 50;
/** Units of cost come from the application; more of them than this per cell are one. */
export const MAXIMUM_UNITS = 20;
/** Types of engagement come from the application; more of them than this per cell are one. */
export const MAXIMUM_TYPES = 20;
/** Variants of one context that no document names; more of them than this are recorded as `__other__`. */
export const MAXIMUM_FOREIGN_VARIANTS = 100;
