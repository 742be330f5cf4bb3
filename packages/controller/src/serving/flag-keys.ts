/**
 * Which parameters a flag is, for remote evaluation; the same rule as in the provider that runs inside a service.
 *
 *     component.operation              all parameters of the operation, as an object
 *     component.operation.parameter    one of them
 *
 * Components and operations may have dots in their names, parameters may not. Of two readings of one key the one with the longer
 * operation holds, and of two with equally long ones the whole operation: the other one cannot be asked for.
 */
import type { OperationKey } from "@trimtab/engine";

/** What a flag names. */
export interface Flag {
  readonly key: string;
  readonly operation: OperationKey;
  /** Undefined for all of them. */
  readonly parameter: string | undefined;
}

/** All flags of the operations, by key. */
export function flagsOf(
  operations: Iterable<{ readonly key: OperationKey; readonly parameterNames: readonly string[] }>,
): ReadonlyMap<string, Flag> {
  const flags = new Map<string, Flag>();
  const add = (flag: Flag): void => {
    const other = flags.get(flag.key);
    if (other === undefined || holds(flag, other)) flags.set(flag.key, flag);
  };
  for (const { key: operation, parameterNames } of operations) {
    const whole = `${operation.component}.${operation.operation}`;
    add({ key: whole, operation, parameter: undefined });
    for (const parameter of parameterNames) add({ key: `${whole}.${parameter}`, operation, parameter });
  }
  return flags;
}

function holds(flag: Flag, other: Flag): boolean {
  const difference = flag.operation.operation.length - other.operation.operation.length;
  return difference > 0 || (difference === 0 && flag.parameter === undefined);
}
