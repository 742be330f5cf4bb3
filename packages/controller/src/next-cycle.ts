/** Who waits for the next cycle of an operation that another process records. */
import type { OperationKey } from "@trimtab/engine";

/** Those who wait. */
export interface CycleWaiters {
  /** Resolves with the operation's next cycle, or after so many milliseconds. */
  wait(key: OperationKey, milliseconds: number): Promise<void>;
  /** A cycle of the operation was taken over. */
  tell(key: OperationKey): void;
}

/** Nobody waits yet. */
export function createCycleWaiters(): CycleWaiters {
  const waiting = new Map<string, Set<() => void>>();
  const nameOf = ({ component, operation }: OperationKey): string => `${component}/${operation}`;
  return {
    wait(key, milliseconds) {
      const name = nameOf(key);
      const { promise, resolve } = Promise.withResolvers<void>();
      const own = waiting.get(name) ?? new Set();
      waiting.set(name, own.add(resolve));
      const timer = setTimeout(resolve, milliseconds);
      return promise.finally(() => {
        clearTimeout(timer);
        own.delete(resolve);
        if (own.size === 0 && waiting.get(name) === own) waiting.delete(name);
      });
    },
    tell(key) {
      for (const resolve of waiting.get(nameOf(key)) ?? []) resolve();
    },
  };
}
