/** For the tests of self-learning modules: what every module must keep, and people's feedback, simulated. */
export { describeModule, type ModuleUnderTest, type TestRunner } from "./describe-module.ts";
export { FEEDBACK_SCENARIOS, type FeedbackScenario, type SimulatedCall } from "./feedback-scenario.ts";
export {
  reproducible,
  type SimulatedFeedback,
  type SimulatedRound,
  simulateFeedback,
  valuesByContext,
} from "./simulate-feedback.ts";
export { type Raters, truthfulFeedback } from "./truthful-feedback.ts";
