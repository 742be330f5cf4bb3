/**
 * The flags that one caller sees, with what is the same for all callers who see them: made once for each state of the documents, so
 * that a question whether anything changed needs no evaluation.
 */
import { hash } from "node:crypto";
import { didYouMean } from "../nearest.ts";
import type { BoardWatch } from "./board-watch.ts";
import { EvaluationError } from "./evaluation-context.ts";
import { type Flag, flagsOf } from "./flag-keys.ts";
import { type ServedOperation, servedOperations } from "./served-variant.ts";

/** A flag, and the operation that it is of. */
export interface ServedFlag extends Flag {
  readonly served: ServedOperation;
}

/** The flags of some components, in one state of their documents. */
export interface FlagSelection {
  /** Sorted. */
  readonly components: readonly string[];
  readonly flags: ReadonlyMap<string, ServedFlag>;
  /** The same, by operation. */
  readonly operations: readonly { readonly served: ServedOperation; readonly flags: readonly ServedFlag[] }[];
  /** Every context key that any of the operations declares. */
  readonly contextKeys: readonly string[];
  /** Changes with every change of a document, and is the same in every replica that serves the same documents. */
  readonly id: string;
  /** When the newest document was issued, in seconds since 1970. */
  readonly lastModifiedSeconds: number;
}

/** So many different wishes are remembered for one state of the documents. */
const MOST_REMEMBERED = 200;

/** Selections of flags, as of now. */
export class FlagSelections {
  readonly #watch: BoardWatch;
  #version = -1;
  readonly #made = new Map<string, FlagSelection>();

  constructor(watch: BoardWatch) {
    this.#watch = watch;
  }

  /**
   * The flags of the named components, separated by commas; of all of them where none is named.
   *
   * @throws {EvaluationError} GENERAL, with the nearest right name, for a component that is not configured.
   */
  select(names: string | undefined): FlagSelection {
    const { board } = this.#watch;
    if (this.#version !== this.#watch.version) {
      this.#version = this.#watch.version;
      this.#made.clear();
    }
    const wish = names ?? "";
    const made = this.#made.get(wish);
    if (made !== undefined) return made;
    const selection = this.#make(namedComponents(wish, board.components));
    if (this.#made.size < MOST_REMEMBERED) this.#made.set(wish, selection);
    return selection;
  }

  #make(components: readonly string[]): FlagSelection {
    const operations = new Map<string, ServedOperation>();
    const revisions: [string, string][] = [];
    let lastModified = 0;
    for (const component of components) {
      const document = this.#watch.document(component)?.document;
      if (document === undefined) continue;
      revisions.push([component, document.revision]);
      lastModified = Math.max(lastModified, Date.parse(document.issuedAt));
      for (const [name, served] of servedOperations(document)) operations.set(`${component}\n${name}`, served);
    }
    const flags = new Map<string, ServedFlag>();
    const byOperation = new Map<ServedOperation, ServedFlag[]>();
    for (const [key, flag] of flagsOf(operations.values())) {
      const served = operations.get(`${flag.operation.component}\n${flag.operation.operation}`);
      if (served === undefined) continue;
      const servedFlag = { ...flag, served };
      flags.set(key, servedFlag);
      byOperation.set(served, [...(byOperation.get(served) ?? []), servedFlag]);
    }
    return {
      components,
      flags,
      operations: [...byOperation].map(([served, own]) => ({ served, flags: own })),
      contextKeys: [...new Set([...operations.values()].flatMap(({ contextKeys }) => contextKeys))].sort(),
      id: hash("sha256", JSON.stringify(revisions), "base64url").slice(0, 16),
      lastModifiedSeconds: Math.floor(lastModified / 1000),
    };
  }
}

function namedComponents(wish: string, known: readonly string[]): readonly string[] {
  const named = [...new Set(wish.split(",").map((name) => name.trim()))].filter((name) => name !== "").sort();
  if (named.length === 0) return known;
  const unknown = named.find((name) => !known.includes(name));
  if (unknown === undefined) return named;
  const hint = didYouMean(unknown, known);
  throw new EvaluationError(
    "GENERAL",
    `The component "${unknown.slice(0, 200)}" is not configured${hint.endsWith("?") ? hint : `${hint}.`}`,
  );
}
