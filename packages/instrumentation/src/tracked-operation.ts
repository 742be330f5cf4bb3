/** What this process knows of one operation: what the code declared, what the controller said, and the contexts it has seen. */
import {
  type AllocatedVariant,
  baseValues,
  type Context,
  contextKeyProblem,
  isSameParameterSpace,
  type OperationAllocations,
  type Outcome,
  type ParameterSpace,
  type ParameterValues,
  UNKNOWN_VARIANT,
  type VariantId,
  variantId,
} from "@trimtab/conventions";
import { type ContextBudget, ContextTree } from "./context-tree.ts";
import { labelValue } from "./label-values.ts";
import type { MeasuredOperation } from "./metrics/measured-call.ts";
import { AllocationIndex, type CompiledAllocation } from "./parameters/allocation-index.ts";
import { baseChoice, type ChosenVariant } from "./parameters/chosen-variant.ts";
import type { OperationHistory } from "./performance-history.ts";

/** What the code says of an operation. */
export interface OperationDeclaration {
  readonly name: string;
  readonly context: readonly string[];
  /** Undefined where the code leaves the parameters to the controller. */
  readonly parameters: ParameterSpace | undefined;
  readonly outcome?: (result: never) => Outcome | undefined;
  /** Upper bounds of the duration buckets in seconds. */
  readonly durationBoundaries?: readonly number[];
}

/** One operation of this process. */
export class TrackedOperation implements MeasuredOperation {
  /** The name as it stands in labels. */
  readonly name: string;
  history: OperationHistory | undefined;
  readonly #owner: { readonly component: string };
  readonly #budget: ContextBudget;
  readonly #now: () => number;
  #declaration: OperationDeclaration | undefined;
  #published: OperationAllocations | undefined;
  #contexts: ContextTree;
  #base: ChosenVariant | undefined;
  #index: AllocationIndex | undefined;

  /** @param owner Whose operation it is. @param now Milliseconds on a monotonic clock. */
  constructor(
    name: string,
    budget: ContextBudget,
    owner: { readonly component: string },
    now: () => number = () => performance.now(),
  ) {
    this.name = labelValue(name);
    this.#owner = owner;
    this.#now = now;
    this.#budget = budget;
    this.#contexts = new ContextTree([], budget);
  }

  get component(): string {
    return this.#owner.component;
  }

  get declaration(): OperationDeclaration | undefined {
    return this.#declaration;
  }

  get contexts(): ContextTree {
    return this.#contexts;
  }

  /** The base values: the code's, else the controller's, else unknown. */
  get base(): ChosenVariant | undefined {
    return this.#base;
  }

  /** What the parameters may be: as the code says, else as the controller does. */
  get space(): ParameterSpace | undefined {
    return this.#declaration?.parameters ?? this.#published?.parameters;
  }

  /** Undefined where the controller has published nothing that fits the code. */
  get allocations(): AllocationIndex | undefined {
    return this.#index;
  }

  get durationBoundaries(): readonly number[] | undefined {
    return this.#declaration?.durationBoundaries;
  }

  /**
   * May a call of this context still get this variant? The base variant may always come back, and so may the one of calls that
   * nobody chose parameters for. Without a context: a call of any context.
   */
  isCurrent(variant: VariantId, context: Context | undefined): boolean {
    if (variant === this.#base?.id || variant === UNKNOWN_VARIANT) return true;
    const served = context === undefined ? this.#published?.allocations : [this.#index?.find(context)];
    if (this.#index === undefined || served === undefined) return false;
    return served.some((allocation) => variantsOf(allocation).some(({ id }) => id === variant));
  }

  /** The code declares the operation. */
  declare(declaration: OperationDeclaration): void {
    this.#declaration = declaration;
    this.#settle();
  }

  /** The controller published the operation, or dropped it. Returns false where its parameters are not the code's. */
  publish(published: OperationAllocations | undefined): boolean {
    this.#published = published;
    return this.#settle();
  }

  #settle(): boolean {
    const space = this.#declaration?.parameters;
    const published = this.#published;
    const fits = published === undefined || space === undefined || isSameParameterSpace(space, published.parameters);
    this.#index = published !== undefined && fits ? new AllocationIndex(published, this.#index, this.#now) : undefined;
    const baseSpace = space ?? published?.parameters;
    this.#base = baseSpace === undefined ? undefined : named(baseValues(baseSpace));
    this.#useKeys(this.#declaration?.context ?? published?.context ?? []);
    return fits;
  }

  /** Other keys are other label sets; the same ones keep what was resolved already. */
  #useKeys(declared: readonly string[]): void {
    const keys = [...new Set(declared)].filter((key) => contextKeyProblem(key) === undefined);
    if (keys.join(",") === this.#contexts.declaredKeys.join(",")) return;
    this.#contexts = new ContextTree(keys, this.#budget);
  }
}

function variantsOf(
  allocation: CompiledAllocation | OperationAllocations["allocations"][number] | undefined,
): readonly AllocatedVariant[] {
  if (allocation === undefined) return [];
  return "exploring" in allocation ? allocation.exploring : allocation.variants;
}

function named(parameters: ParameterValues): ChosenVariant {
  return baseChoice(variantId(parameters, "baseline"), parameters);
}
