/** Everything that is wrong with a policy, each with its path and what would be right. */
import { contextKeyProblem, type Problem, parameterSpaceProblems } from "@trimtab/conventions";
import { strategyProblems } from "../strategies/strategies.ts";
import type { StrategyDefinitions } from "../strategies/strategy-definition.ts";
import { MAXIMUM_CONTEXTS, MOST_CONTEXTS } from "./maximum-contexts.ts";
import type { Constraint, ExperimentPolicy, Objective, OperationPolicy, ResetPolicy } from "./policy.ts";

/**
 * @param own Strategies of one's own, by id.
 * @returns All problems at once; empty when the policy is sound.
 */
export function policyProblems(policy: OperationPolicy, own: StrategyDefinitions = {}): Problem[] {
  const { parameters, objective, constraints, confidence, holdout, strategy, mode, context, experiment, reset } =
    policy;
  const problems: Problem[] = [
    ...contextProblems(context),
    ...within("parameters", parameterSpaceProblems(parameters)),
    ...within("objective", objectiveProblems(objective)),
    ...constraints.flatMap((constraint, index) => within(["constraints", index], constraintProblems(constraint))),
    ...within("strategy", strategyProblems(strategy, own, parameters)),
    ...(experiment === undefined ? [] : within("experiment", experimentProblems(experiment, own, parameters))),
    ...(reset === undefined ? [] : within("reset", resetProblems(reset))),
  ];
  const add = (path: Problem["path"], message: string): void => {
    problems.push({ path, message });
  };
  if (Object.keys(parameters).length === 0) add(["parameters"], "is empty; declare at least one parameter");
  if (!["observe", "suggest", "auto"].includes(mode))
    add(["mode"], `"${String(mode)}" is unknown; write observe, suggest or auto`);
  if (!isShare(confidence)) add(["confidence"], `${confidence} is no probability; write a number from 0 to 1`);
  if (!(isShare(holdout) && holdout <= 0.5)) {
    add(
      ["holdout"],
      `${holdout} is out of range; write a share from 0 to 0.5, 0.05 is usual (0 gives up the proof that learning helps)`,
    );
  }
  const { maximumContexts = MAXIMUM_CONTEXTS } = policy;
  if (!(Number.isInteger(maximumContexts) && maximumContexts >= 1 && maximumContexts <= MOST_CONTEXTS)) {
    const message = `${maximumContexts} is out of range; write a whole number from 1 to ${MOST_CONTEXTS}, ${MAXIMUM_CONTEXTS} is usual`;
    add(["maximumContexts"], message);
  }
  return problems;
}

const SHORTEST_PERIOD_MILLISECONDS = 3_600_000;

function resetProblems({ everyMilliseconds, keep }: ResetPolicy): Problem[] {
  const problems: Problem[] = [];
  if (!(Number.isFinite(everyMilliseconds) && everyMilliseconds >= SHORTEST_PERIOD_MILLISECONDS)) {
    const message = `${everyMilliseconds} ms is too short to learn anything in; an hour is the least, a week (7d) is usual`;
    problems.push({ path: ["every"], message });
  }
  if (!(keep >= 0 && keep < 1)) {
    const message = `${keep} is out of range; write the part of the evidence that stays, from 0 to less than 1, 0.3 is usual`;
    problems.push({ path: ["keep"], message });
  }
  return problems;
}

/** The name stands in metrics and records. */
const EXPERIMENT_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

function experimentProblems(
  { name, treatment, share }: ExperimentPolicy,
  own: StrategyDefinitions,
  parameters: OperationPolicy["parameters"],
): Problem[] {
  const problems = within("treatment", strategyProblems(treatment, own, parameters));
  if (!EXPERIMENT_NAME.test(name)) {
    const message = `"${name}" is no name; write lower-case letters, digits, ".", "_" and "-", 63 at most`;
    problems.push({ path: ["name"], message });
  }
  if (!(share >= SMALLEST_ARM && share <= 1 - SMALLEST_ARM)) {
    const message = `${share} leaves one arm without calls; write a share from ${SMALLEST_ARM} to ${1 - SMALLEST_ARM}, 0.5 tells most`;
    problems.push({ path: ["share"], message });
  }
  return problems;
}

const SMALLEST_ARM = 0.01;

function contextProblems(context: readonly string[]): Problem[] {
  return context.flatMap((key, index) => {
    const problem = contextKeyProblem(key);
    if (problem !== undefined) return [{ path: ["context", index], message: problem }];
    return context.indexOf(key) === index
      ? []
      : [{ path: ["context", index], message: `"${key}" stands there twice; remove one` }];
  });
}

function objectiveProblems(objective: Objective): Problem[] {
  const problems: Problem[] = [];
  const parts = Object.entries(objective);
  let sum = 0;
  for (const [part, { weight }] of parts) {
    sum += weight;
    if (!(Number.isFinite(weight) && weight >= 0 && weight <= 1)) {
      problems.push({ path: [part, "weight"], message: `${weight} is no share; write a number from 0 to 1` });
    }
  }
  if (parts.length === 0)
    problems.push({ path: [], message: "is empty; weigh at least one of quality, success, latency and cost" });
  else if (problems.length === 0 && !(Math.abs(sum - 1) <= 1e-6)) {
    problems.push({ path: [], message: `has weights that sum to ${Number(sum.toPrecision(6))}; make them sum to 1` });
  }
  const { latency, cost } = objective;
  if (latency !== undefined) {
    if (!(latency.goodSeconds > 0)) problems.push({ path: ["latency", "good"], message: "must be longer than 0" });
    else if (!(latency.badSeconds > latency.goodSeconds && Number.isFinite(latency.badSeconds))) {
      problems.push({
        path: ["latency", "bad"],
        message: `${latency.badSeconds} s must be longer than good, which is ${latency.goodSeconds} s`,
      });
    }
  }
  if (cost !== undefined) {
    if (!(cost.reference > 0 && Number.isFinite(cost.reference)))
      problems.push({ path: ["cost", "reference"], message: "must be greater than 0" });
    if (cost.unit === "")
      problems.push({ path: ["cost", "unit"], message: "is empty; name the unit of the cost counter, e.g. usd" });
  }
  return problems;
}

/** A ratio that one bucket of the default histogram cannot tell from 1 (its neighbours lie up to 1.5 apart) is no limit. */
const SMALLEST_RATIO = 1.05;

function constraintProblems(constraint: Constraint): Problem[] {
  switch (constraint.kind) {
    case "success-rate":
      return constraint.minimum > 0 && constraint.minimum < 1
        ? []
        : [
            {
              path: ["minimum"],
              message: `${constraint.minimum} can never be kept or never be broken; write a share between 0 and 1`,
            },
          ];
    case "success-rate-ratio":
      return constraint.minimumRatio > 0 && constraint.minimumRatio < 1
        ? []
        : [
            {
              path: ["minimumRatio"],
              message: `${constraint.minimumRatio} can never be kept or never be broken; write a ratio between 0 and 1, e.g. 0.98`,
            },
          ];
    case "p95-latency":
      return constraint.maximumSeconds > 0 && Number.isFinite(constraint.maximumSeconds)
        ? []
        : [{ path: ["maximumSeconds"], message: `${constraint.maximumSeconds} must be a time longer than 0` }];
    case "p95-latency-ratio":
      return constraint.maximumRatio >= SMALLEST_RATIO && Number.isFinite(constraint.maximumRatio)
        ? []
        : [
            {
              path: ["maximumRatio"],
              message: `${constraint.maximumRatio} is finer than duration buckets can tell; write ${SMALLEST_RATIO} or more, e.g. 1.5, and buckets whose bounds lie no further apart than that`,
            },
          ];
    default: {
      const { kind } = constraint as { kind: unknown };
      return [
        {
          path: ["kind"],
          message: `"${String(kind)}" is unknown; write success-rate, success-rate-ratio, p95-latency or p95-latency-ratio`,
        },
      ];
    }
  }
}

function within(place: string | readonly (string | number)[], problems: readonly Problem[]): Problem[] {
  const prefix = typeof place === "string" ? [place] : place;
  return problems.map(({ path, message }) => ({ path: [...prefix, ...path], message }));
}

function isShare(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= 1;
}
