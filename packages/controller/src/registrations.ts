/**
 * What services declared, kept in the store and remembered here; and how it comes into force: as a reload with one more operation.
 *
 * Reloads are rare however often services declare: the first is at once, further ones wait until five seconds after it. Other
 * replicas look for what was declared elsewhere every five seconds.
 */
import { canonicalJson, type Json } from "@trimtab/conventions";
import type { Declaration, DeclarationAddition, DeclarationStore, Log, OperationKey } from "@trimtab/engine";
import type { DeclarationSection } from "./config/declaration-schema.ts";

/** What was declared, and what becomes of it. */
export interface Registrations {
  /** As it was read last; costs nothing. */
  all(): readonly Declaration[];
  /** Keeps a declaration. `adopts`: does it concern what is in force, so that the configuration has to be made anew? */
  declare(key: OperationKey, section: DeclarationSection, adopts: boolean): Promise<Declared>;
  /** Forgets one. */
  remove(key: OperationKey): Promise<Removed>;
  /** Reads the store. */
  load(): Promise<void>;
  /** Begins to look for what other replicas have taken. */
  start(): void;
  /** Takes over nothing any more; resolves when the store is not read any more. */
  stop(): Promise<void>;
}

/** What became of a declaration. */
interface Declared {
  readonly addition: DeclarationAddition;
  /** Is it in force already? Otherwise within five seconds. */
  readonly isInForce: boolean;
}

/** What became of a removal. */
interface Removed {
  readonly wasThere: boolean;
  readonly isInForce: boolean;
}

/** What registrations work with. */
export interface RegistrationParts {
  readonly store: DeclarationStore;
  /** Takes over what is declared now. */
  readonly adopt: () => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}

const BOUNDS = { operationsPerComponent: 100, components: 100 };
const PAUSE_MILLISECONDS = 5_000;

/** Registrations over a store; `load` reads what is there. */
export function createRegistrations({ store, adopt, now, log }: RegistrationParts): Registrations {
  let known: readonly Declaration[] = [];
  let adoptedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  const load = async (): Promise<boolean> => {
    const before = fingerprint(known);
    known = await store.listDeclarations();
    return fingerprint(known) !== before;
  };
  const run = async (): Promise<void> => {
    adoptedAt = now();
    try {
      await adopt();
    } finally {
      running = undefined;
    }
  };
  const later = (milliseconds: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      bringIntoForce().catch((error: unknown) => log.error("registered operations could not be taken over", { error }));
    }, milliseconds).unref();
  };
  /** @returns Whether it is in force now. */
  const bringIntoForce = async (): Promise<boolean> => {
    if (isStopped) return false;
    const wait = running === undefined ? adoptedAt + PAUSE_MILLISECONDS - now() : PAUSE_MILLISECONDS;
    if (wait > 0) {
      later(wait);
      return false;
    }
    running = run();
    await running;
    return true;
  };
  const lookAround = async (): Promise<void> => {
    try {
      if (!(await load())) return;
    } catch (error) {
      log.error("declarations could not be read", { error });
      return;
    }
    // Not waited for: a stop waits for the look, and what is brought into force waits for its turn behind the stop.
    bringIntoForce().catch((error: unknown) => log.error("registered operations could not be taken over", { error }));
  };

  return {
    all: () => known,
    async declare(key, section, adopts) {
      const { component, operation } = key;
      const declaration = {
        component,
        operation,
        section: section as unknown as Record<string, Json>,
        declaredAt: now(),
      };
      const addition = await store.declare(declaration, BOUNDS);
      if (addition !== "unchanged" && addition !== "refused") await load();
      if (addition === "added" || addition === "changed") {
        log.info("operation declared by a service", { component, operation, addition });
        return { addition, isInForce: adopts ? await bringIntoForce() : true };
      }
      return { addition, isInForce: timer === undefined && running === undefined };
    },
    async remove(key) {
      const wasThere = await store.removeDeclaration(key);
      if (!wasThere) return { wasThere, isInForce: true };
      await load();
      log.info("declaration removed", { component: key.component, operation: key.operation });
      return { wasThere, isInForce: await bringIntoForce() };
    },
    async load() {
      await load();
    },
    start() {
      watch = setInterval(() => {
        looking = looking.then(lookAround);
      }, PAUSE_MILLISECONDS).unref();
    },
    async stop() {
      isStopped = true;
      clearInterval(watch);
      clearTimeout(timer);
      await looking;
    },
  };
}

function fingerprint(declarations: readonly Declaration[]): string {
  return canonicalJson(declarations.map(({ component, operation, section }) => [component, operation, section]));
}
