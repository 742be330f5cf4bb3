/**
 * A component's document, compiled for answers: allocations by context in constant time, and for each variant the parts of an answer
 * that every call of it shares, as ready text. Made lazily, so that a new document of thousands of contexts costs only what is asked.
 */
import {
  type AllocationDocument,
  type AssignmentPoint,
  assignVariant,
  type Context,
  ContextIndex,
  contextId,
  type OperationAllocations,
  type ParameterValues,
  type VariantId,
  type VariantRole,
} from "@trimtab/conventions";
import type { OperationKey } from "@trimtab/engine";

/** SPLIT: one of several variants. TARGETING_MATCH: the only one of the call's context. STATIC: the only one of all contexts. */
export type ServedReason = "STATIC" | "TARGETING_MATCH" | "SPLIT";

/** A variant in one allocation of an operation. */
export class ServedVariant {
  readonly id: VariantId;
  readonly role: VariantRole;
  readonly weight: number;
  readonly values: ParameterValues;
  readonly allocation: ServedAllocation;
  /** Ready texts, by whoever made them. */
  readonly texts: Map<string, string> = new Map();

  constructor(
    { id, role, weight, parameters }: OperationAllocations["allocations"][number]["variants"][number],
    allocation: ServedAllocation,
  ) {
    this.id = id;
    this.role = role;
    this.weight = weight;
    this.values = parameters;
    this.allocation = allocation;
  }

  /** A text that depends on nothing but this variant, made once. */
  text(name: string, make: (variant: ServedVariant) => string): string {
    let text = this.texts.get(name);
    if (text === undefined) this.texts.set(name, (text = make(this)));
    return text;
  }
}

/** What is served in one context of an operation. */
export class ServedAllocation {
  readonly operation: ServedOperation;
  readonly context: Context;
  readonly decision: string | undefined;
  readonly reason: ServedReason;
  readonly #salts: { readonly holdoutSalt: string; readonly salt: string };
  readonly #variants: readonly ServedVariant[];

  constructor(
    { context, salt, decision, variants }: OperationAllocations["allocations"][number],
    operation: ServedOperation,
    holdoutSalt: string,
  ) {
    this.operation = operation;
    this.context = context;
    this.decision = decision;
    this.#salts = { holdoutSalt, salt };
    this.#variants = variants.map((variant) => new ServedVariant(variant, this));
    const isSplit = variants.filter(({ weight }) => weight > 0).length > 1;
    this.reason = isSplit ? "SPLIT" : Object.keys(context).length > 0 ? "TARGETING_MATCH" : "STATIC";
  }

  /** The context as one text, e.g. `genre=rock`; empty for the one that holds everything. */
  get contextId(): string {
    return contextId(this.context);
  }

  /** The variant of one call. */
  assign(point: AssignmentPoint): ServedVariant {
    return assignVariant(this.#variants, this.#salts, point);
  }
}

/** One operation of a document. */
export class ServedOperation {
  readonly key: OperationKey;
  readonly revision: string;
  /** The declared context keys, in their order. */
  readonly contextKeys: readonly string[];
  readonly #served: OperationAllocations;
  #index:
    | ContextIndex<{ allocation?: ServedAllocation; readonly source: OperationAllocations["allocations"][number] }>
    | undefined;

  constructor(key: OperationKey, revision: string, served: OperationAllocations) {
    this.key = key;
    this.revision = revision;
    this.contextKeys = served.context;
    this.#served = served;
  }

  /** The allocation for a context in canonical form. */
  find(context: Context): ServedAllocation | undefined {
    const { allocations, context: declared, holdoutSalt } = this.#served;
    this.#index ??= ContextIndex.of(allocations, declared, (source) => ({ source }));
    const found = this.#index.find(context);
    if (found === undefined) return undefined;
    return (found.allocation ??= new ServedAllocation(found.source, this, holdoutSalt));
  }

  /** The names of its parameters. */
  get parameterNames(): readonly string[] {
    return Object.keys(this.#served.parameters);
  }
}

const compiled = new WeakMap<AllocationDocument, ReadonlyMap<string, ServedOperation>>();

/** The operations of a document, by name; made once for each document. */
export function servedOperations(document: AllocationDocument): ReadonlyMap<string, ServedOperation> {
  let operations = compiled.get(document);
  if (operations === undefined) {
    const { component, revision } = document;
    operations = new Map(
      Object.entries(document.operations).map(([operation, served]) => [
        operation,
        new ServedOperation({ component, operation }, revision, served),
      ]),
    );
    compiled.set(document, operations);
  }
  return operations;
}
