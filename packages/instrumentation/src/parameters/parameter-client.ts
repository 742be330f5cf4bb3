/**
 * The parameters of an operation in a context, now and without waiting: from the controller's document while it is fresh, from
 * the last known good one after that, from the base values in the code where there is neither.
 */
import {
  type AllocationDocument,
  assignVariant,
  type Context,
  canonicalJson,
  type Json,
  type ParameterValues,
  parameterValuesProblems,
  parseAllocationDocument,
  UNKNOWN_VARIANT,
  type VariantId,
  variantAt,
  variantId,
} from "@trimtab/conventions";
import type { Interceptable } from "../call-interceptor.ts";
import type { FoundContext } from "../context-tree.ts";
import { reportOwnFailure, warn, warnOnce } from "../own-failure.ts";
import type { TrackedOperation } from "../tracked-operation.ts";
import { baseChoice, type ChosenVariant } from "./chosen-variant.ts";
import { type DocumentAge, exploreFor, exploringLeft, type ParameterSource, trustIn } from "./last-known-good.ts";

/** Why a document, or an operation in it, was not applied. */
export type RefusalReason = "invalid" | "other_component" | "space_differs" | "base_differs";

/** That the controller said just now that a document is the newest. */
export interface Confirmation {
  /** What its clock says, in milliseconds since 1970; undefined where it did not tell. */
  readonly controllerTime: number | undefined;
}

/** What happened to the document in use. */
export type ParameterEvent =
  | { readonly kind: "confirmed" }
  | {
      readonly kind: "document";
      readonly former: AllocationDocument | undefined;
      readonly document: AllocationDocument;
      readonly isConfirmed: boolean;
    };

type ParameterListener = (event: ParameterEvent) => void;

interface HeldDocument {
  readonly document: AllocationDocument;
  readonly age: DocumentAge;
}

/** Some twelve days: a timer of more than 31 bits would be over at once. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 30;

/** The clock of this process, in milliseconds; it never goes back. */
export function monotonicNow(): number {
  return performance.now();
}

const NO_VALUES: ParameterValues = Object.freeze({});
const UNKNOWN: ChosenVariant = baseChoice(UNKNOWN_VARIANT, NO_VALUES);
/** Ids of sets of values that callers pass; more different ones than this are computed anew each time. */
const MAXIMUM_REMEMBERED_IDS = 1000;

/** Holds the controller's document and chooses variants from it. Nothing in here waits. */
export class ParameterClient {
  /** How often parameters were given out, by source; and how often something was not applied, by reason. */
  readonly served: Record<ParameterSource, number> = {
    fresh: 0,
    last_known_good: 0,
    base: 0,
    override: 0,
  };
  readonly refused: Record<RefusalReason, number> = {
    invalid: 0,
    other_component: 0,
    space_differs: 0,
    base_differs: 0,
  };
  component: string;
  readonly #now: () => number;
  readonly #chance: () => number;
  readonly #shared: Interceptable;
  readonly #ids = new Map<string, VariantId>();
  #held: HeldDocument | undefined;
  readonly #listeners = new Set<ParameterListener>();
  readonly #hasTimer: boolean;
  /** Tells when the confirmation of the document in use is no longer good; undefined where there is none. */
  #lapse: NodeJS.Timeout | undefined;
  #hasLapsed = false;

  /** @param now Milliseconds on a monotonic clock. @param chance Uniform in [0, 1). */
  constructor(component: string, now: () => number, chance: () => number, shared: Interceptable = {}) {
    this.component = component;
    this.#hasTimer = now === monotonicNow; // a timer knows no other clock
    this.#shared = shared;
    this.#now = now;
    this.#chance = chance;
  }

  /** The document in use. */
  get document(): AllocationDocument | undefined {
    return this.#held?.document;
  }

  /** Since the controller last confirmed the document in use, in seconds; undefined where it never did. */
  get ageSeconds(): number | undefined {
    const confirmedAt = this.#held?.age.confirmedAt;
    return confirmedAt === undefined ? undefined : (this.#now() - confirmedAt) / 1000;
  }

  /** How long the document in use is still good for without another confirmation, in milliseconds; undefined where none was confirmed. */
  get trustedForMilliseconds(): number | undefined {
    if (this.#held === undefined) return undefined;
    const { confirmedAt, exploreForMilliseconds } = this.#held.age;
    return confirmedAt === undefined ? undefined : Math.max(0, confirmedAt + exploreForMilliseconds - this.#now());
  }

  /** Tells somebody what happens to the document, until the function that is returned is called. */
  listen(listener: ParameterListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: ParameterEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        reportOwnFailure("telling of new parameters", error);
      }
    }
  }

  /**
   * Applies a document whole, or refuses it whole: the one in use then stays.
   *
   * @param confirmation Where the controller sent it just now. A document from disk waits for one.
   * @returns What is wrong with it, or undefined.
   */
  apply(
    input: unknown,
    operations: Iterable<TrackedOperation>,
    confirmation: Confirmation | undefined,
  ): string | undefined {
    const parsed = parseAllocationDocument(input);
    if ("problems" in parsed) {
      this.refused.invalid++;
      const { path, message } = parsed.problems[0] ?? { path: [], message: "is not understood" };
      return `the allocation document is refused: ${path.join(".") || "it"} ${message}`;
    }
    const { document } = parsed;
    if (document.component !== this.component) {
      this.refused.other_component++;
      return `the allocation document is refused: it is for component "${document.component}", not "${this.component}"`;
    }
    const age = { confirmedAt: undefined, exploringEndsAt: 0, exploreForMilliseconds: exploreFor(document) };
    clearTimeout(this.#lapse);
    this.#lapse = undefined;
    const former = this.document;
    this.#held = { document, age };
    if (confirmation !== undefined) this.#confirm(confirmation);
    for (const operation of operations) this.publishTo(operation);
    this.#tell({ kind: "document", former, document, isConfirmed: confirmation !== undefined });
    return undefined;
  }

  /** The controller said that the document in use is still the newest. */
  confirm(confirmation: Confirmation): void {
    if (this.#held === undefined) return;
    this.#confirm(confirmation);
    this.#tell({ kind: "confirmed" });
  }

  #confirm({ controllerTime }: Confirmation): void {
    if (this.#held === undefined) return;
    const { document, age } = this.#held;
    const now = this.#now();
    const isFirst = age.confirmedAt === undefined;
    const exploringEndsAt = isFirst ? now + exploringLeft(document, controllerTime) : age.exploringEndsAt;
    this.#held = { document, age: { ...age, confirmedAt: now, exploringEndsAt } };
    this.#hasLapsed = false;
    if (!this.#hasTimer) return;
    clearTimeout(this.#lapse);
    const lapse = (): void => void (this.#hasLapsed = true);
    this.#lapse = setTimeout(lapse, Math.min(age.exploreForMilliseconds, LONGEST_TIMER_MILLISECONDS)).unref();
  }

  /** Forgets the document: the component is another one now. */
  clear(component: string, operations: Iterable<TrackedOperation>): void {
    this.component = component;
    this.#held = undefined;
    clearTimeout(this.#lapse);
    this.#lapse = undefined;
    for (const operation of operations) operation.publish(undefined);
  }

  /** Tells an operation what the document says of it. */
  publishTo(operation: TrackedOperation): void {
    const all = this.#held?.document.operations;
    const published = all !== undefined && Object.hasOwn(all, operation.name) ? all[operation.name] : undefined;
    try {
      if (operation.publish(published)) return;
    } catch (error) {
      return reportOwnFailure(`applying the allocations of "${operation.name}"`, error);
    }
    this.refused.space_differs++;
    warn(
      `operation "${operation.name}" has other parameters in the code than at the controller: the base values of the code serve`,
    );
  }

  /**
   * The variant of a call.
   *
   * @param key A call with the same key gets the same variant as long as the allocation stays.
   * @param base Values that serve where neither code nor controller declares the operation.
   */
  choose(
    operation: TrackedOperation,
    place: FoundContext,
    key: string | undefined,
    base: ParameterValues | undefined,
  ): ChosenVariant {
    const chosen = this.#choose(operation, place, key, base);
    const { interceptor } = this.#shared;
    return interceptor === undefined
      ? chosen
      : interceptor.choose(operation, place.context, chosen, (values) => this.idOf(operation, values));
  }

  #choose(
    operation: TrackedOperation,
    place: FoundContext,
    key: string | undefined,
    base: ParameterValues | undefined,
  ): ChosenVariant {
    const held = this.#held;
    const allocation = operation.allocations?.findAgain(place);
    if (held === undefined || allocation === undefined) return this.#base(operation, base);
    const hasChallengers = allocation.settled !== allocation.exploring;
    const source = hasChallengers ? trustIn(held.age, true, this.#now()) : this.#trustWithoutChallengers(held);
    if (!hasChallengers && key === undefined && base === undefined) {
      const point = allocation.settled.length === 1 ? 0 : this.#chance();
      return allocation.settledChoice(point, source, held.document.revision);
    }
    const variants = source === "fresh" ? allocation.exploring : allocation.settled;
    const assigned =
      variants.length === 1 && variants[0]
        ? variants[0]
        : key === undefined
          ? variantAt(variants, this.#chance())
          : assignVariant(variants, allocation.salts, { key });
    const guard = source === "fresh" ? allocation.guard : undefined;
    const variant = guard?.serving(assigned) ?? assigned;
    const watched = guard?.watch(variant.id);
    const { revision } = held.document;
    const siblings = allocation.exploring;
    const { id } = variant;
    if (base === undefined || fits(base, variant.parameters)) {
      return { id, parameters: variant.parameters, source, revision, siblings, watched, subject: key };
    }
    if (Object.keys(base).some((name) => isOtherKind(base[name], variant.parameters[name]))) {
      this.refused.base_differs++;
      warnOnce(
        `base:${operation.name}`,
        `operation "${operation.name}" asks with base values of other types than the controller's: its base values serve`,
      );
      return this.#base(operation, base);
    }
    const parameters = { ...base, ...variant.parameters };
    return { id, parameters, source, revision, siblings, watched, subject: key };
  }

  /**
   * Where no challenger runs, every trust serves the same values, and only says so under another name. Reading the clock would be
   * half of a read, so a timer tells instead when it is over.
   */
  #trustWithoutChallengers({ age }: HeldDocument): ReturnType<typeof trustIn> {
    if (this.#lapse === undefined) return trustIn(age, false, this.#now());
    return this.#hasLapsed ? "last_known_good" : "fresh";
  }

  /** Values that were set for one call, over the base values; undefined, and told once, where the space does not allow them. */
  override(operation: TrackedOperation, values: ParameterValues): ChosenVariant | undefined {
    const parameters = { ...operation.base?.parameters, ...values };
    const [problem] = operation.space === undefined ? [] : parameterValuesProblems(operation.space, parameters);
    if (problem === undefined) {
      const id = this.idOf(operation, parameters);
      return { id, parameters, source: "override", revision: undefined, siblings: undefined };
    }
    warnOnce(
      `override:${operation.name}`,
      `an override of operation "${operation.name}" is not used: ${problem.path.join(".")} ${problem.message}`,
    );
    return undefined;
  }

  /** The only variant that a call of this context can have had, or unknown where there are several. */
  onlyVariant(operation: TrackedOperation, context: Context): VariantId {
    const allocation = operation.allocations?.find(context);
    if (allocation === undefined) return (operation.base ?? UNKNOWN).id;
    return allocation.exploring.length === 1 && allocation.exploring[0] ? allocation.exploring[0].id : UNKNOWN_VARIANT;
  }

  /** The id of the variant with these values. */
  idOf(operation: TrackedOperation, values: ParameterValues): VariantId {
    const base = operation.base;
    const text = canonicalJson(values as Json);
    const isBase = base !== undefined && canonicalJson(base.parameters as Json) === text;
    return isBase ? base.id : this.#id(text, values, "learnt");
  }

  #base(operation: TrackedOperation, base: ParameterValues | undefined): ChosenVariant {
    if (base === undefined) return operation.base ?? UNKNOWN;
    if (operation.base === undefined) return baseChoice(this.#id(canonicalJson(base as Json), base, "baseline"), base);
    const { id, parameters } = operation.base;
    return fits(base, parameters) ? operation.base : baseChoice(id, { ...base, ...parameters });
  }

  /** SHA-256 costs more than everything else of a call together. */
  #id(text: string, parameters: ParameterValues, role: "baseline" | "learnt"): VariantId {
    const key = `${role} ${text}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = variantId(parameters, role);
    if (this.#ids.size < MAXIMUM_REMEMBERED_IDS) this.#ids.set(key, id);
    return id;
  }
}

/** Does every name of the base have a value of the same type? */
function fits(base: ParameterValues, values: ParameterValues): boolean {
  for (const name of Object.keys(base)) if (typeof values[name] !== typeof base[name]) return false;
  return true;
}

function isOtherKind(base: unknown, value: unknown): boolean {
  return value !== undefined && typeof value !== typeof base;
}
