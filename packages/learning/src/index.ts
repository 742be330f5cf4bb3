/** How Trimtab decides: pure functions of their arguments. */
export type { Act, ActChange, ActKind, ActRequest } from "./acts/act.ts";
export { isOverridden } from "./acts/people-memory.ts";
export type { ActOrigin, AlertOrigin, PeopleView, StandingOverride } from "./acts/people-view.ts";
export { KEPT_BY_RESET, RESET_UNDO_MILLISECONDS } from "./acts/reset.ts";
export {
  BASELINE_LEVEL,
  type Baseline,
  type BaselineHour,
  type ExpectedRange,
  learnBaseline,
  MINIMUM_CALLS_PER_HOUR,
  MINIMUM_HOURS,
  placeInRange,
} from "./baselines/baseline.ts";
export { BASELINE_MEASURES, type BaselineMeasure } from "./baselines/measure-scale.ts";
export { type DecideInput, type DecideOutput, decide } from "./decision/decide.ts";
export type {
  ActOutcome,
  Adaptation,
  AdaptationBasis,
  AdaptationStatus,
  AdaptationTransition,
  Arm,
  ContextDecision,
  Decision,
  ExperimentEnd,
  ExperimentPlace,
  ExperimentReport,
  Interval,
  Lift,
  Reason,
  VariantSummary,
} from "./decision/decision.ts";
export type { OperationState } from "./decision/operation-state.ts";
export { REASON_CODES, REASONS, type ReasonCode } from "./decision/reasons.ts";
export {
  type CostSum,
  callsOf,
  type Evidence,
  type EvidenceCell,
  type EvidenceQuery,
  type EvidenceWindow,
  type FeedbackEntry,
  type Histogram,
  type Measurements,
  type MissingKind,
  type Reading,
} from "./evidence/evidence.ts";
export { addMeasurements, measurementsProblem, successRateOf } from "./evidence/measurements.ts";
export { type PerformanceSummary, summarize } from "./evidence/performance-summary.ts";
export type { ClosedWindow, WindowArm, WindowRule } from "./evidence/windows.ts";
export {
  type EarlierLearned,
  type EntityScore,
  type FindVariant,
  LEARNED_RULE,
  learnSuggestions,
} from "./feedback/learned-suggestions.ts";
export type { ChangeTarget, RuleChange, SuggestedChange } from "./feedback/suggested-change.ts";
export {
  DEFAULT_SUGGESTION_RULES,
  type EarlierSuggestion,
  type EntityFeedback,
  type FindChangeTarget,
  type ProposedSuggestion,
  type SuggestionRule,
  suggestionsFor,
} from "./feedback/suggestions.ts";
export type {
  Guardrail,
  GuardrailEffect,
  GuardrailJudgement,
  GuardrailMemory,
  GuardrailSubject,
} from "./guardrails/guardrail.ts";
export { GUARDRAIL_IDS, guardrailEffect } from "./guardrails/guardrails.ts";
export { describeConstraint, type LimitJudgement } from "./guardrails/outcome-limits.ts";
export { type SpecificationSpace, spaceOf } from "./learner/space.ts";
export type {
  ConstraintDeclaration,
  LearnerSpecification,
  ObjectiveDeclaration,
  OutsideSetting,
  OutsideValue,
  ParameterDeclaration,
  StrategyDeclaration,
} from "./learner/specification.ts";
export type { CycleStatistics, HistogramStatistics, VariantStatistics } from "./learner/statistics.ts";
export {
  createLearner,
  type Learner,
  type LearnerAllocation,
  type LearnerAllocations,
  type LearnerChange,
  type ProductLearner,
} from "./learner.ts";
export { MAXIMUM_CONTEXTS, MOST_CONTEXTS } from "./policy/maximum-contexts.ts";
export { latencyUtility, type Utility, utilityOf } from "./policy/objective.ts";
export type {
  Constraint,
  CostTerm,
  ExperimentPolicy,
  FeedbackTerm,
  LatencyTerm,
  Mode,
  Objective,
  OperationPolicy,
  RatioTerm,
  ResetPolicy,
  StrategyChoice,
} from "./policy/policy.ts";
export { policyProblems } from "./policy/policy-problems.ts";
export { baselineOf, describeSetting, type Setting, settingOf } from "./policy/setting.ts";
export { histogramQuantile } from "./statistics/histogram-quantile.ts";
export { type Random, randomFromSeed } from "./statistics/random.ts";
export { type OptionSpecification, type OptionSpecifications, suggestName } from "./strategies/options.ts";
export { ownStrategy, strategyDefinitionProblems } from "./strategies/own-strategy.ts";
export { STRATEGY_IDS, strategyOptions, strategyProblems } from "./strategies/strategies.ts";
export type {
  ContextObservation,
  ContextProposal,
  ProposedChange,
  Strategy,
  StrategyInput,
  StrategyMemory,
  StrategyProposal,
} from "./strategies/strategy.ts";
export type { StrategyDefinition, StrategyDefinitions } from "./strategies/strategy-definition.ts";
export { addTrendSums, type CycleTrend, type TrendLift, type TrendSums, trendOf } from "./trends/trend.ts";
export { stepStart, type TrendSpan, trendPoints } from "./trends/trend-points.ts";
export { type TrendSlope, trendSlope } from "./trends/trend-slope.ts";
