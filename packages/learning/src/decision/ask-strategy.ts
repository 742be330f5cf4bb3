/** Asking a strategy, whatever it does: one that throws must not take the loop down. */
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import { buildStrategy } from "../strategies/strategies.ts";
import type { Strategy, StrategyInput, StrategyProposal } from "../strategies/strategy.ts";
import type { DecideInput } from "./decide-input.ts";
import type { Reason } from "./decision.ts";

/** The policy's strategy. One that cannot be built, because its module is gone or fails, is one that fails at every turn. */
export function strategyOf({ policy, strategies }: DecideInput): Strategy {
  try {
    return buildStrategy(policy.strategy, strategies);
  } catch (error) {
    const propose = (): never => {
      throw error;
    };
    return { id: policy.strategy.kind, windowRule: DEFAULT_WINDOW_RULE, propose };
  }
}

/** What the strategy proposes; where it throws nothing changes, and the reason says so. */
export function proposalOf(strategy: Strategy, input: StrategyInput): StrategyProposal | { readonly failure: Reason } {
  try {
    return strategy.propose(input);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { failure: { code: "INTERNAL_ERROR", sentence: `The strategy ${strategy.id} failed: ${text}` } };
  }
}
