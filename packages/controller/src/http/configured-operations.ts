/** The operations of the configuration in force, and a clear word about any other. */
import type { OperationPolicy } from "@trimtab/learning";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";

/** Looks operations up. */
export interface ConfiguredOperations {
  all(): readonly OperationPolicy[];
  /** @throws {ControllerError} COMPONENT_UNKNOWN, with the nearest right name. */
  ofComponent(component: string): readonly OperationPolicy[];
  /** @throws {ControllerError} COMPONENT_UNKNOWN or OPERATION_UNKNOWN, with the nearest right name. */
  find(component: string, operation: string): OperationPolicy;
}

/** Looks operations up in whatever configuration is in force at the time. */
export function configuredOperations(policies: () => readonly OperationPolicy[]): ConfiguredOperations {
  const ofComponent = (component: string): readonly OperationPolicy[] => {
    const found = policies().filter((policy) => policy.component === component);
    if (found.length > 0) return found;
    const known = [...new Set(policies().map((policy) => policy.component))];
    throw new ControllerError(
      "COMPONENT_UNKNOWN",
      `The component "${component}" is not configured${sentenceEnd(component, known)}`,
    );
  };
  return {
    all: policies,
    ofComponent,
    find(component, operation) {
      const own = ofComponent(component);
      const found = own.find((policy) => policy.operation === operation);
      if (found !== undefined) return found;
      const known = own.map((policy) => policy.operation);
      throw new ControllerError(
        "OPERATION_UNKNOWN",
        `The component "${component}" has no operation "${operation}"${sentenceEnd(operation, known)}`,
      );
    },
  };
}

function sentenceEnd(name: string, known: readonly string[]): string {
  const hint = didYouMean(name, known);
  return hint.endsWith("?") ? hint : `${hint}.`;
}
