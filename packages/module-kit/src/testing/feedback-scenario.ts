/** What people say of the results of a module, as a scenario: rounds of runs, each with its feedback and a learning cycle. */
import type { Random } from "@trimtab/learning";
import type { ModuleFeedback } from "../module-feedback.ts";
import type { ModuleResult } from "../module-result.ts";

/** A run of a scenario. */
export interface SimulatedCall {
  /** From 0, over all rounds. */
  readonly index: number;
  /** From 0. */
  readonly round: number;
  /** The same numbers for the same seed. */
  readonly random: Random;
}

/** A scenario. */
export interface FeedbackScenario<Input = unknown> {
  /** In a few words. */
  readonly name: string;
  /** Which operation is run. Default: the only one. */
  readonly operation?: string;
  readonly rounds: number;
  readonly callsPerRound: number;
  /** Names the chance of the scenario. Default 1. */
  readonly seed?: number;
  readonly input: (call: SimulatedCall) => Input;
  /** What is said of a result; undefined: nothing. */
  readonly feedback: (
    result: ModuleResult,
    call: SimulatedCall,
  ) => ModuleFeedback | readonly ModuleFeedback[] | undefined;
  /** Feedback is given so many rounds after its result. Default 0. */
  readonly delayRounds?: number;
  /** Is a learning cycle run after each round? Default true. */
  readonly learns?: boolean;
}

/** The scenarios that every module has to survive: what is said, and what is not. */
export const FEEDBACK_SCENARIOS: readonly Pick<
  FeedbackScenario,
  "name" | "rounds" | "callsPerRound" | "feedback" | "delayRounds"
>[] = [
  { name: "praise of everything", rounds: 4, callsPerRound: 20, feedback: () => ({ rating: 5 }) },
  { name: "complaints about everything", rounds: 4, callsPerRound: 20, feedback: () => ({ rating: 1 }) },
  {
    name: "opinions by chance",
    rounds: 6,
    callsPerRound: 20,
    feedback: (_, { random }) => ({ rating: 1 + random.integer(5) }),
  },
  { name: "silence", rounds: 4, callsPerRound: 20, feedback: () => undefined },
  {
    name: "everything said twice",
    rounds: 4,
    callsPerRound: 20,
    feedback: (_, { random }) => {
      const once: ModuleFeedback = { score: Math.round(random.uniform() * 100) / 100, comment: "again" };
      return [once, once];
    },
  },
  {
    name: "feedback three rounds late",
    rounds: 6,
    callsPerRound: 20,
    delayRounds: 3,
    feedback: (_, { random }) => ({ score: random.uniform() }),
  },
  {
    name: "reports of machines",
    rounds: 4,
    callsPerRound: 20,
    feedback: (_, { random }) => ({ errorRate: random.uniform() / 10 }),
  },
];
