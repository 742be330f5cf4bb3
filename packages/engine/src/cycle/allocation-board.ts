/**
 * What is served at this moment: per component one document, as ready bytes with their ETag.
 *
 * Reading it touches neither the store nor the metric source. The document changes with what it says, not with each cycle, so
 * that "not modified" is the usual answer:
 *
 *   a decision changes allocations        a new revision
 *   half of the time to explore is over   a new revision with a later `exploreUntil`, while evidence allows it and challengers run
 *   an operation may explore no more      a new revision in which its challengers' share is its incumbent's
 *
 * All that a document says follows from what is recorded, its times too. So every replica has the same bytes under the same tag,
 * also after a restart, and a client may ask another one each time.
 */
import { hash } from "node:crypto";
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
import type { OperationPolicy } from "@trimtab/learning";
import type { OperationKey, ServedCycle, Store } from "../stores/store.ts";
import type { Clock } from "./clock.ts";
import type { ScheduledOperation } from "./cycle-scheduler.ts";
import { operationsText } from "./ready-allocations.ts";
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

/** What a board is built of. */
export interface AllocationBoardOptions {
  readonly store: Pick<Store, "loadServed" | "sumAllocationsSince">;
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
  /** Takes over what a cycle has recorded, here or in another process. */
  update(key: OperationKey, served: ServedCycle): void;
  /** The last cycle that was taken over; 0 before the first, and for an operation that is not configured. */
  lastCycle(key: OperationKey): number;
  /** Calls back with each new document, until the returned function is called. The listener must not throw. */
  subscribe(listener: (served: ServedDocument) => void): () => void;
}

const SHORTEST_EXPLORE_MILLISECONDS = 30_000;

/** Tells documents of one number apart: the configuration may have changed, or the time to explore. */
const REVISION_DIGEST_LENGTH = 8;

/** What an operation contributes to its component's document. */
interface BoardOperation {
  readonly policy: OperationPolicy;
  readonly exploreMilliseconds: number;
  served: ServedCycle | undefined;
}

interface BoardComponent {
  readonly name: string;
  /** Sorted by name. */
  readonly operations: readonly BoardOperation[];
  /** What operations that are configured no more add to the number, so that it never falls. */
  readonly otherNumber: number;
  rendered: RenderedDocument;
}

interface RenderedDocument extends ServedDocument {
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
    component.rendered = render(component, clock.now());
    if (component.rendered.etag === before.etag) return;
    for (const listener of listeners) listener(component.rendered);
  };
  const current = (name: string): RenderedDocument | undefined => {
    const component = components.get(name);
    if (component !== undefined && clock.now() >= component.rendered.expiresAt) refresh(component);
    return component?.rendered;
  };

  const operationOf = (key: OperationKey): BoardOperation | undefined =>
    components.get(key.component)?.operations.find(({ policy }) => policy.operation === key.operation);

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
    update(key, served) {
      const component = components.get(key.component);
      const operation = operationOf(key);
      if (component === undefined || operation === undefined) return;
      if (operation.served !== undefined && served.cycle <= operation.served.cycle) return;
      operation.served = served;
      refresh(component);
    },
    lastCycle: (key) => operationOf(key)?.served?.cycle ?? 0,
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
    operations.push({ policy, exploreMilliseconds, served: await store.loadServed(policy) });
  }
  operations.sort((left, right) => (left.policy.operation < right.policy.operation ? -1 : 1));
  const configured = operations.map(({ policy }) => policy.operation);
  const component = { name, operations, otherNumber: await store.sumAllocationsSince(name, configured) };
  return { ...component, rendered: render(component, clock.now()) };
}

/**
 * Until when challengers may run, in milliseconds since 1970: at least half of the time to explore after the last decision that
 * allowed it, and at most the whole. It moves in leaps, because each move is a new revision that every client fetches.
 */
function exploreUntil({ exploreMilliseconds, served }: BoardOperation): number {
  if (served === undefined || served.exploredAt === 0) return 0;
  const leap = exploreMilliseconds / 2;
  return (Math.floor(served.exploredAt / leap) + 2) * leap;
}

/** The document as of now. */
function render({ name, operations, otherNumber }: Omit<BoardComponent, "rendered">, now: number): RenderedDocument {
  const rendered: Record<string, OperationAllocations> = {};
  const running: number[] = [];
  const since: number[] = [0];
  for (const operation of operations) {
    const { policy, served, exploreMilliseconds } = operation;
    const until = exploreUntil(operation);
    const shown = servedOperation(policy, served?.decision, { mayExplore: until > now });
    rendered[policy.operation] = shown;
    since.push(served?.allocationsAt ?? 0);
    if (hasChallengers(shown)) {
      running.push(until);
      since.push(until - exploreMilliseconds);
    } else if (until <= now && hasChallengers(servedOperation(policy, served?.decision, { mayExplore: true })))
      since.push(until); // since then their share is the incumbent's
  }
  const issuedAt = Math.max(...since);
  const expiresAt = Math.min(...running); // infinite where no challenger runs
  // Without a challenger nothing depends on it, and it says only how long an unconfirmed document counts as fresh.
  const longest = Math.max(...operations.map(({ exploreMilliseconds }) => exploreMilliseconds));
  const unnamed: Omit<AllocationDocument, "revision"> = {
    schema: ALLOCATION_DOCUMENT_SCHEMA,
    issuedAt: new Date(issuedAt).toISOString(),
    exploreUntil: new Date(running.length > 0 ? expiresAt : issuedAt + longest).toISOString(),
    component: name,
    operations: rendered,
  };
  // The text is made once, and named in its middle.
  const { schema, operations: shown, ...head } = unnamed;
  const rest = `${JSON.stringify(head).slice(1, -1)},"operations":${operationsText(shown)}}`;
  const beginning = `{"schema":${JSON.stringify(schema)},`;
  const digest = shortDigest(beginning + rest, nativeHash).slice(0, REVISION_DIGEST_LENGTH);
  const number = operations.reduce((sum, { served }) => sum + (served?.allocationsSince ?? 0), otherNumber);
  const revision = `${number}-${digest}`;
  const document: AllocationDocument = { schema, revision, ...head, operations: shown };
  const bytes = new TextEncoder().encode(`${beginning}"revision":${JSON.stringify(revision)},${rest}`);
  return { document, bytes, etag: `"${revision}"`, expiresAt };
}

function nativeHash(text: string): Iterable<number> {
  return hash("sha256", text, "buffer");
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
