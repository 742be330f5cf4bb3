/**
 * From what a caller passes as context to the one object that stands for this context, by nested Maps in the declared order of
 * the keys: no string is built and nothing is sorted for a context that was seen before.
 *
 * The number of contexts is bounded for the life of the process. Beyond it a new context is still told apart where parameters
 * are chosen, but its labels are those of "every other context", and nothing is kept of it.
 */
import { type Context, type ContextInput, canonicalContext, OTHER_CONTEXT_VALUE } from "@trimtab/conventions";

/** A context that was found, with the place where its series are kept. */
export interface FoundContext {
  /** In canonical form; what parameters are chosen by. */
  readonly context: Context;
  readonly labels: LabelledContext;
  /** Owned by whoever chooses parameters: what was found for this context, and in what. */
  foundIn: unknown;
  found: unknown;
}

/** A context as labels, and a slot for whoever keeps series by it. */
export interface LabelledContext {
  readonly context: Context;
  readonly isCollapsed: boolean;
  /** What stands for this context past a bound: every other context of the operation; itself where there are no keys. */
  readonly collapsed: LabelledContext;
  /** Owned by the recorder of metrics: its series of this context. */
  series: unknown;
}

/** How many contexts may still become labels; shared by all operations of the process. */
export interface ContextBudget {
  used: number;
  maximum: number;
}

interface Branch {
  found?: FoundContext;
  readonly children: Map<unknown, Branch>;
}

/** The contexts of one operation with one list of declared keys. */
export class ContextTree {
  readonly declaredKeys: readonly string[];
  readonly #budget: ContextBudget;
  readonly #root: Branch = { children: new Map() };
  #other: LabelledContext | undefined;

  constructor(declaredKeys: readonly string[], budget: ContextBudget) {
    this.declaredKeys = declaredKeys;
    this.#budget = budget;
  }

  /** The context that an input means; the same object for the same context, as long as it is within the bound. */
  find(input: ContextInput): FoundContext {
    let branch: Branch | undefined = this.#root;
    for (const key of this.declaredKeys) {
      const value = input[key];
      // Absent, null and empty are one and the same to Prometheus.
      branch = branch.children.get(value === null || value === "" ? undefined : value);
      if (branch === undefined) return this.#findNew(input);
    }
    return branch.found ?? this.#findNew(input);
  }

  #findNew(input: ContextInput): FoundContext {
    const context = canonicalContext(input, this.declaredKeys);
    const known = this.#walk(context, false)?.found;
    if (known !== undefined) {
      this.#rememberSpelling(input, known);
      return known;
    }
    const isFree = Object.keys(context).length > 0;
    if (isFree && this.#budget.used >= this.#budget.maximum)
      return { context, labels: this.#collapsed(), foundIn: undefined, found: undefined };
    if (isFree) this.#budget.used++;
    const found = { context, labels: this.#labelled(context), foundIn: undefined, found: undefined };
    const branch = this.#walk(context, true);
    if (branch !== undefined) branch.found = found;
    this.#rememberSpelling(input, found);
    return found;
  }

  #walk(values: Context, creates: boolean): Branch | undefined {
    let branch: Branch = this.#root;
    for (const key of this.declaredKeys) {
      let next = branch.children.get(values[key]);
      if (next === undefined) {
        if (!creates) return undefined;
        next = { children: new Map() };
        branch.children.set(values[key], next);
      }
      branch = next;
    }
    return branch;
  }

  /**
   * The number 7 and the text "7" are one context; so that 7 is found at once next time, its path is kept too. Only where
   * every value has one other spelling at most: an over-long text has no end of them.
   */
  #rememberSpelling(input: ContextInput, found: FoundContext): void {
    let branch = this.#root;
    for (const key of this.declaredKeys) {
      const value = input[key];
      const canonical = found.context[key];
      const isOwnSpelling = value === canonical || typeof value === "number" || typeof value === "boolean";
      const step = canonical === undefined ? undefined : isOwnSpelling ? value : null;
      if (step === null) return;
      let next = branch.children.get(step);
      if (next === undefined) {
        next = { children: new Map() };
        branch.children.set(step, next);
      }
      branch = next;
    }
    branch.found = found;
  }

  #labelled(context: Context): LabelledContext {
    const collapsed = (): LabelledContext => (this.declaredKeys.length === 0 ? labelled : this.#collapsed());
    const labelled: LabelledContext = {
      context,
      isCollapsed: false,
      get collapsed() {
        return collapsed();
      },
      series: undefined,
    };
    return labelled;
  }

  #collapsed(): LabelledContext {
    if (this.#other !== undefined) return this.#other;
    const other: LabelledContext = {
      context: Object.fromEntries(this.declaredKeys.map((key) => [key, OTHER_CONTEXT_VALUE])),
      isCollapsed: true,
      get collapsed() {
        return other;
      },
      series: undefined,
    };
    this.#other = other;
    return other;
  }
}
