/**
 * What is served at this moment: per component one document, as ready bytes with their ETag.
 *
 * Reading it touches neither the store nor the metric source. The document changes with what it says, not with each cycle, so
 * that "not modified" is the usual answer:
 *
 *   a decision changes allocations        a new revision
 *   half of the time to explore is over   a new revision with a later `exploreUntil`, while evidence allows it and challengers run
 *   an operation may explore no more      a new revision in which its challengers' share is its incumbent's
 */
import {
  ALLOCATION_DOCUMENT_SCHEMA,
  type AllocationDocument,
  type AssignmentPoint,
  assignVariant,
  type Context,
  type ContextInput,
  canonicalContext,
  findAllocation,
  type OperationAllocations,
  type ParameterValues,
  shortDigest,
  type VariantId,
  type VariantRole,
} from "@trimtab/conventions";
import type { Decision, OperationPolicy } from "@trimtab/learning";
import type { OperationKey, Store } from "../stores/store.ts";
import type { Clock } from "./clock.ts";
import type { ScheduledOperation } from "./cycle-scheduler.ts";
import { hasChallengers, servedOperation } from "./served-operation.ts";

/** A component's document, ready to be sent. */
export interface ServedDocument {
  readonly document: AllocationDocument;
  /** The document as JSON, in UTF-8. */
  readonly bytes: Uint8Array;
  /** A strong entity tag, quotes included: equal tags mean equal bytes. */
  readonly etag: string;
}

/** The parameters of one call. */
export interface ResolvedParameters {
  readonly values: ParameterValues;
  readonly variant: VariantId;
  readonly role: VariantRole;
  readonly revision: string;
  /** The context of the allocation that was found for the call's. */
  readonly context: Context;
  /** The decision that set the shares; absent before the first. */
  readonly decision?: string;
  /** SPLIT: one of several variants. TARGETING_MATCH: the only one of the call's context. STATIC: the only one of all contexts. */
  readonly reason: "STATIC" | "TARGETING_MATCH" | "SPLIT";
}

/** A cycle's result, as far as it is served. */
export interface DecidedCycle {
  readonly cycle: number;
  readonly decision: Decision;
}

/** What a board is built of. */
export interface AllocationBoardOptions {
  readonly store: Pick<Store, "loadOperation" | "listCycles" | "countCycles">;
  readonly operations: readonly ScheduledOperation[];
  readonly clock: Clock;
  /** A decision lets challengers run for so many of the operation's intervals. Default 10, and at least 30 s. */
  readonly exploreIntervals?: number;
}

/** What is served now, and who is told when it changes. */
export interface AllocationBoard {
  /** Configured components, sorted. */
  readonly components: readonly string[];
  /** Undefined for a component that is not configured. */
  document(component: string): ServedDocument | undefined;
  /** When a component's document changes although nothing is decided, in milliseconds since 1970; infinite where it does not. */
  expiresAt(component: string): number;
  /** Undefined for an operation that is not configured. */
  resolve(key: OperationKey, context: ContextInput, point: AssignmentPoint): ResolvedParameters | undefined;
  /** Takes over what a cycle has recorded. */
  update(key: OperationKey, decided: DecidedCycle): void;
  /** Calls back with each new document, until the returned function is called. The listener must not throw. */
  subscribe(listener: (served: ServedDocument) => void): () => void;
}

const SHORTEST_EXPLORE_MILLISECONDS = 30_000;

/** So many cycles at most are read at the start to find the last one that allowed exploring. */
const MOST_RECENT_CYCLES = 100;

/** Tells documents of one number apart: the configuration may have changed, or the time to explore run out. */
const REVISION_DIGEST_LENGTH = 4;

/** What an operation contributes to its component's document. */
interface BoardOperation {
  readonly policy: OperationPolicy;
  readonly exploreMilliseconds: number;
  decided: DecidedCycle | undefined;
  /** Milliseconds since 1970; 0 where no decision allowed exploring. */
  exploreUntil: number;
}

interface BoardComponent {
  readonly name: string;
  /** Sorted by name. */
  readonly operations: readonly BoardOperation[];
  /** Cycles of operations that are in the store but configured no more. They still count, so that revisions never fall. */
  readonly otherCycles: number;
  rendered: RenderedDocument;
}

interface RenderedDocument extends ServedDocument {
  /** What the document says, without what names this one of it. */
  readonly content: string;
  /** When it must be rendered again although nothing was decided, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Builds the board from what the store remembers: with everything else down, the last decisions are served. */
export async function createAllocationBoard(options: AllocationBoardOptions): Promise<AllocationBoard> {
  const { clock } = options;
  const components = new Map<string, BoardComponent>();
  for (const name of new Set(options.operations.map(({ policy }) => policy.component))) {
    components.set(name, await loadComponent(name, options));
  }
  const listeners = new Set<(served: ServedDocument) => void>();

  const refresh = (component: BoardComponent): void => {
    const before = component.rendered;
    component.rendered = render(component, clock.now(), before);
    if (component.rendered.etag === before.etag) return;
    for (const listener of listeners) listener(component.rendered);
  };
  const current = (name: string): RenderedDocument | undefined => {
    const component = components.get(name);
    if (component !== undefined && clock.now() >= component.rendered.expiresAt) refresh(component);
    return component?.rendered;
  };

  return {
    components: [...components.keys()].sort(),
    document: current,
    expiresAt: (name) => components.get(name)?.rendered.expiresAt ?? Number.POSITIVE_INFINITY,
    resolve(key, context, point) {
      const document = current(key.component)?.document;
      if (document === undefined || !Object.hasOwn(document.operations, key.operation)) return undefined;
      const operation = document.operations[key.operation];
      return operation === undefined ? undefined : resolve(operation, document.revision, context, point);
    },
    update(key, decided) {
      const component = components.get(key.component);
      const operation = component?.operations.find(({ policy }) => policy.operation === key.operation);
      if (component === undefined || operation === undefined) return;
      takeOver(operation, decided);
      refresh(component);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function loadComponent(name: string, options: AllocationBoardOptions): Promise<BoardComponent> {
  const { store, clock, exploreIntervals = 10 } = options;
  const operations: BoardOperation[] = [];
  for (const { policy, intervalMilliseconds } of options.operations) {
    if (policy.component !== name) continue;
    const exploreMilliseconds = Math.max(SHORTEST_EXPLORE_MILLISECONDS, exploreIntervals * intervalMilliseconds);
    const operation: BoardOperation = { policy, exploreMilliseconds, decided: undefined, exploreUntil: 0 };
    const stored = await store.loadOperation(policy);
    if (stored !== undefined) {
      // Until when challengers may run was set by the last decision that allowed it, which need not be the last one.
      const recent = Math.ceil(exploreMilliseconds / intervalMilliseconds);
      const { items } = await store.listCycles(policy, { limit: Math.min(recent, MOST_RECENT_CYCLES) });
      const allowed = items.find(({ decision }) => decision.mayExplore);
      if (allowed !== undefined) takeOver(operation, allowed);
      takeOver(operation, stored);
    }
    operations.push(operation);
  }
  operations.sort((left, right) => (left.policy.operation < right.policy.operation ? -1 : 1));
  const otherCycles = (await store.countCycles(name)) - sumOfCycles(operations);
  const component = { name, operations, otherCycles };
  return { ...component, rendered: render(component, clock.now(), undefined) };
}

function takeOver(operation: BoardOperation, { cycle, decision }: DecidedCycle): void {
  if (operation.decided !== undefined && cycle <= operation.decided.cycle) return;
  operation.decided = { cycle, decision };
  if (!decision.mayExplore) return;
  const { exploreMilliseconds, exploreUntil } = operation;
  // Moved in leaps, because each move is a new revision that every client fetches.
  if (exploreUntil - decision.at < exploreMilliseconds / 2) operation.exploreUntil = decision.at + exploreMilliseconds;
}

/** The document as of now: the one before where it would say the same. */
function render(
  { name, operations, otherCycles }: Omit<BoardComponent, "rendered">,
  now: number,
  before: RenderedDocument | undefined,
): RenderedDocument {
  const served: Record<string, OperationAllocations> = {};
  const running: number[] = [];
  for (const { policy, decided, exploreUntil } of operations) {
    const operation = servedOperation(policy, decided?.decision, { mayExplore: exploreUntil > now });
    served[policy.operation] = operation;
    if (hasChallengers(operation)) running.push(exploreUntil);
  }
  const expiresAt = Math.min(...running); // infinite where no challenger runs
  const isExploring = running.length > 0;
  const content = JSON.stringify([isExploring ? expiresAt : null, served]);
  if (before?.content === content) return { ...before, expiresAt };

  // Without a challenger nothing depends on it, and it says only how long an unconfirmed document counts as fresh.
  const exploreUntil = isExploring
    ? expiresAt
    : now + Math.max(...operations.map((operation) => operation.exploreMilliseconds));
  const unnamed: Omit<AllocationDocument, "revision"> = {
    schema: ALLOCATION_DOCUMENT_SCHEMA,
    issuedAt: new Date(now).toISOString(),
    exploreUntil: new Date(exploreUntil).toISOString(),
    component: name,
    operations: served,
  };
  const digest = shortDigest(JSON.stringify(unnamed)).slice(0, REVISION_DIGEST_LENGTH);
  const revision = `${otherCycles + sumOfCycles(operations)}-${digest}`;
  const { schema, ...rest } = unnamed;
  const document: AllocationDocument = { schema, revision, ...rest };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { document, bytes, etag: `"${revision}"`, content, expiresAt };
}

function resolve(
  operation: OperationAllocations,
  revision: string,
  input: ContextInput,
  point: AssignmentPoint,
): ResolvedParameters | undefined {
  const allocation = findAllocation(operation, canonicalContext(input, operation.context));
  if (allocation === undefined) return undefined;
  const { context, salt, decision, variants } = allocation;
  const variant = assignVariant(variants, { holdoutSalt: operation.holdoutSalt, salt }, point);
  const isSplit = variants.filter(({ weight }) => weight > 0).length > 1;
  return {
    values: variant.parameters,
    variant: variant.id,
    role: variant.role,
    revision,
    context,
    ...(decision === undefined ? {} : { decision }),
    reason: isSplit ? "SPLIT" : Object.keys(context).length > 0 ? "TARGETING_MATCH" : "STATIC",
  };
}

function sumOfCycles(operations: readonly BoardOperation[]): number {
  return operations.reduce((sum, { decided }) => sum + (decided?.cycle ?? 0), 0);
}
