/**
 * Which parameters a flag is.
 *
 *     component.operation              all parameters of the operation, as an object
 *     component.operation.parameter    one of them
 *
 * The component may be left out where it is the provider's own. Components and operations may have dots in their names: of two
 * readings the one with the longer operation holds.
 */
import type { TrackedComponent } from "../tracked-component.ts";
import type { TrackedOperation } from "../tracked-operation.ts";

/** What a flag names. */
export interface NamedFlag {
  readonly operation: TrackedOperation;
  /** Undefined for all of them. */
  readonly parameter: string | undefined;
}

/** What a key names; undefined where it names nothing that has parameters. */
export function findFlag(component: TrackedComponent, key: string): NamedFlag | undefined {
  const prefix = `${component.name}.`;
  return (key.startsWith(prefix) ? findIn(component, key.slice(prefix.length)) : undefined) ?? findIn(component, key);
}

/** The operation that an event is about. */
export function operationNameOf(component: TrackedComponent, eventName: string): string {
  const prefix = `${component.name}.`;
  return eventName.startsWith(prefix) ? eventName.slice(prefix.length) : eventName;
}

/** The keys of all flags of an operation. */
export function flagKeysOf(component: string, operation: string, parameters: readonly string[]): string[] {
  const whole = `${component}.${operation}`;
  return [whole, ...parameters.map((parameter) => `${whole}.${parameter}`)];
}

function findIn(component: TrackedComponent, name: string): NamedFlag | undefined {
  const whole = component.find(name);
  if (whole !== undefined) return { operation: whole, parameter: undefined };
  const dot = name.lastIndexOf("."); // the names of parameters have none
  if (dot < 0) return undefined;
  const operation = component.find(name.slice(0, dot));
  const parameter = name.slice(dot + 1);
  const isThere = operation?.base !== undefined && Object.hasOwn(operation.base.parameters, parameter);
  return isThere ? { operation, parameter } : undefined;
}
