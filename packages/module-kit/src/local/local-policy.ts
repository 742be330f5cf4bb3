/** What an operation that learns in this process learns, as the engine takes it. */
import type { ParameterSpace } from "@trimtab/conventions";
import { type Objective, type OperationPolicy, policyProblems } from "@trimtab/learning";
import type { ModuleSettings } from "../configuration.ts";
import type { LearningDeclaration } from "../module-operation.ts";

const DEFAULT_HOLDOUT = 0.05;
const SCORED: Objective = { quality: { weight: 0.7 }, success: { weight: 0.3 } };
const UNSCORED: Objective = { success: { weight: 1 } };

/** An operation as its module declares it. */
export interface DeclaredOperation extends LearningDeclaration {
  readonly operation: string;
  readonly context: readonly string[];
  readonly space: ParameterSpace;
  readonly isScored: boolean;
}

/** The policy of an operation. */
export function localPolicy(component: string, declared: DeclaredOperation, settings: ModuleSettings): OperationPolicy {
  const { operation, context, space, isScored, strategy, holdout = DEFAULT_HOLDOUT } = declared;
  return {
    component,
    operation,
    context,
    parameters: space,
    objective: declared.objective ?? (isScored ? SCORED : UNSCORED),
    constraints: declared.constraints ?? [],
    mode: settings.enableAdaptation ? "auto" : "observe",
    confidence: settings.adaptationThreshold,
    holdout,
    strategy: { kind: strategy?.kind ?? "default", options: strategy?.options ?? {} },
  };
}

/** Everything that is wrong with what an operation declares, as lines. An operation without parameters learns nothing. */
export function localPolicyProblems(policy: OperationPolicy): string[] {
  if (Object.keys(policy.parameters).length === 0) return [];
  return policyProblems(policy).map(({ path, message }) => `${policy.operation}: ${path.join(".")} ${message}`);
}
