/** What this process knows of one operation: what the code declared, what the controller said, and the contexts it has seen. */
import {
  baseValues,
  contextKeyProblem,
  isSameParameterSpace,
  type OperationAllocations,
  type Outcome,
  type ParameterSpace,
  type ParameterValues,
  type VariantId,
  variantId,
} from "@trimtab/conventions";
import { type ContextBudget, ContextTree } from "./context-tree.ts";
import { labelValue } from "./label-values.ts";
import { AllocationIndex } from "./parameters/allocation-index.ts";

/** What the code says of an operation. */
export interface OperationDeclaration {
  readonly name: string;
  readonly context: readonly string[];
  /** Undefined where the code leaves the parameters to the controller. */
  readonly parameters: ParameterSpace | undefined;
  readonly outcome?: (result: never) => Outcome | undefined;
}

/** Values with the id of the variant that they are. */
export interface NamedValues {
  readonly id: VariantId;
  readonly parameters: ParameterValues;
}

/** One operation of this process. */
export class TrackedOperation {
  /** The name as it stands in labels. */
  readonly name: string;
  readonly #budget: ContextBudget;
  #declaration: OperationDeclaration | undefined;
  #published: OperationAllocations | undefined;
  #contexts: ContextTree;
  #base: NamedValues | undefined;
  #index: AllocationIndex | undefined;

  constructor(name: string, budget: ContextBudget) {
    this.name = labelValue(name);
    this.#budget = budget;
    this.#contexts = new ContextTree([], budget);
  }

  get declaration(): OperationDeclaration | undefined {
    return this.#declaration;
  }

  get contexts(): ContextTree {
    return this.#contexts;
  }

  /** The base values: the code's, else the controller's, else unknown. */
  get base(): NamedValues | undefined {
    return this.#base;
  }

  /** Undefined where the controller has published nothing that fits the code. */
  get allocations(): AllocationIndex | undefined {
    return this.#index;
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
    this.#index = published !== undefined && fits ? new AllocationIndex(published) : undefined;
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

function named(parameters: ParameterValues): NamedValues {
  return { id: variantId(parameters, "baseline"), parameters };
}
