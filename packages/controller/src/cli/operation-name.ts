/** How a person names an operation on the command line. */
import type { OperationKey } from "@trimtab/engine";

/** `component.operation` */
export function nameOfOperation({ component, operation }: OperationKey): string {
  return `${component}.${operation}`;
}

/**
 * The operation that is meant: `component.operation` or `component/operation`; without a name the only one there is.
 *
 * @returns Undefined where none fits, or several do.
 */
export function operationNamed<Known extends OperationKey>(
  operations: readonly Known[],
  name: string | undefined,
): Known | undefined {
  if (name === undefined) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((each) => nameOfOperation(each) === name || `${each.component}/${each.operation}` === name);
}
