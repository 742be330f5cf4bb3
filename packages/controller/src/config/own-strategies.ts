/** What a configuration holds of its strategy modules, once they are loaded. */
import type { StrategyDefinitions } from "@trimtab/learning";

/** The strategies of a configuration's modules. */
export interface OwnStrategies {
  readonly definitions: StrategyDefinitions;
  /** Where each can be loaded again, by id: for other threads. */
  readonly urls: Readonly<Record<string, string>>;
}
