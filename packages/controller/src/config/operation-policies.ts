/** The operations of a file as policies, with everything checked that depends on what the values mean. */
import {
  componentNameProblem,
  operationNameProblem,
  type ParameterSpace,
  type ParameterSpecification,
  type Problem,
} from "@trimtab/conventions";
import {
  type Constraint,
  KEPT_BY_RESET,
  type Objective,
  type OperationPolicy,
  policyProblems,
  type ResetPolicy,
  type StrategyChoice,
} from "@trimtab/learning";
import type { ConfigFile, OperationSection, ParameterSection, RatioSection } from "./config-file.ts";
import { parseConstraint } from "./constraint-text.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** The policy of one operation whose section fits the schema. */
function toPolicy(component: string, operation: string, section: OperationSection): OperationPolicy {
  const { strategy = DEFAULTS.strategy } = section;
  return {
    component,
    operation,
    context: section.context ?? [],
    parameters: toSpace(section.parameters ?? {}),
    objective: toObjective(section.objective ?? DEFAULTS.objective),
    constraints: (section.constraints ?? []).flatMap(toConstraint),
    mode: section.mode ?? DEFAULTS.mode,
    confidence: section.confidence ?? DEFAULTS.confidence,
    holdout: section.holdout ?? DEFAULTS.holdout,
    strategy: toStrategy(strategy),
    ...(section.maximumContexts === undefined ? {} : { maximumContexts: section.maximumContexts }),
    ...toExperiment(section.experiment),
    ...(section.reset === undefined ? {} : { reset: toReset(section.reset) }),
  };
}

function toExperiment(section: OperationSection["experiment"]): Pick<OperationPolicy, "experiment"> {
  if (section === undefined) return {};
  const { name, treatment, share = DEFAULTS.experimentShare } = section;
  return { experiment: { name, treatment: toStrategy(treatment), share } };
}

function toReset({ every, keep }: NonNullable<OperationSection["reset"]>): ResetPolicy {
  return { everyMilliseconds: checkedDuration(every), keep: keep ?? KEPT_BY_RESET };
}

/** A module's own id and digest are not known before it is loaded; until then it stands for itself. */
function toStrategy(section: NonNullable<OperationSection["strategy"]>): StrategyChoice {
  if (typeof section === "string") return { kind: section, options: {} };
  const { kind, module, ...options } = section;
  if (module === undefined) return { kind: kind ?? DEFAULTS.strategy, options };
  return { kind: module, options, module: { path: module, digest: "" } };
}

/** The policies of a whole file that fits the schema. */
export function toPolicies(file: Pick<ConfigFile, "components">): OperationPolicy[] {
  return Object.entries(file.components).flatMap(([component, { operations }]) =>
    Object.entries(operations).map(([operation, section]) => toPolicy(component, operation, section)),
  );
}

/** @returns What is wrong with the names and the meaning of one operation, with paths from the operation's section. */
export function operationProblems(component: string, operation: string, section: OperationSection): Problem[] {
  const written = toPolicy(component, operation, section);
  const { strategy, experiment } = written;
  const policy: OperationPolicy = {
    ...written,
    strategy: checkedNow(strategy),
    ...(experiment === undefined ? {} : { experiment: { ...experiment, treatment: checkedNow(experiment.treatment) } }),
  };
  const problems: Problem[] = [
    ...strategyFormProblems(section.strategy, ["strategy"]),
    ...strategyFormProblems(section.experiment?.treatment, ["experiment", "treatment"]),
  ];
  for (const { path, message } of policyProblems(policy)) {
    if (path.length === 1 && path[0] === "parameters" && Object.keys(policy.parameters).length === 0) {
      // An operation that is only measured needs none: so can one begin before knowing what to tune.
      if (policy.mode !== "observe") problems.push({ path, message: `${message}, or write mode: observe` });
    } else problems.push({ path: inFile(path, section), message });
  }
  return problems;
}

/** A module is loaded later, and its options are checked then. */
function checkedNow(strategy: StrategyChoice): StrategyChoice {
  return strategy.module === undefined ? strategy : { kind: "fixed", options: {} };
}

function strategyFormProblems(strategy: OperationSection["strategy"], place: readonly string[]): Problem[] {
  if (strategy === undefined || typeof strategy === "string") return [];
  const { kind, module } = strategy;
  if (kind === undefined && module === undefined)
    return [{ path: place, message: "names no strategy; write kind with an id, or module with a file of your own" }];
  return kind !== undefined && module !== undefined
    ? [
        {
          path: [...place, "module"],
          message: `stands beside kind: ${kind}; one of the two decides, so remove the other`,
        },
      ]
    : [];
}

/** @returns What is wrong with the names of components and operations, with paths from the root. */
export function nameProblems(components: Readonly<Record<string, unknown>>): Problem[] {
  const problems: Problem[] = [];
  for (const [component, section] of Object.entries(components)) {
    const message = componentNameProblem(component);
    if (message !== undefined) problems.push({ path: ["components", component], message });
    const operations =
      typeof section === "object" && section !== null && "operations" in section ? section.operations : undefined;
    if (typeof operations !== "object" || operations === null) continue;
    for (const operation of Object.keys(operations)) {
      const wrong = operationNameProblem(operation);
      if (wrong !== undefined)
        problems.push({ path: ["components", component, "operations", operation], message: wrong });
    }
  }
  return problems;
}

/** Where a policy's field stands in the file: the two differ in a few names. */
function inFile(path: Problem["path"], section: OperationSection): Problem["path"] {
  const [first, second, ...rest] = path;
  if (first === "experiment" && second === "treatment") {
    const [field, ...options] = rest;
    if (field === "options") return [first, second, ...options];
    return field === "kind" && typeof section.experiment?.treatment === "string" ? [first, second] : path;
  }
  if (first === "strategy" && second === "options") return ["strategy", ...rest];
  if (first === "strategy" && second === "kind" && typeof section.strategy === "string") return ["strategy"];
  if (first === "constraints") return path.slice(0, 2);
  return path.map((segment) => (segment === "goodSeconds" ? "good" : segment === "badSeconds" ? "bad" : segment));
}

function toSpace(parameters: Readonly<Record<string, ParameterSection>>): ParameterSpace {
  return Object.fromEntries(Object.entries(parameters).map(([name, section]) => [name, toSpecification(section)]));
}

function toSpecification(section: ParameterSection): ParameterSpecification {
  if (!("min" in section)) return section;
  const { step, scale, largestStep, ...bounds } = section;
  return {
    ...bounds,
    ...(step === undefined ? {} : { step }),
    ...(scale === undefined ? {} : { scale }),
    ...(largestStep === undefined ? {} : { largestStep }),
  };
}

/** Weights are relative in the file, and sum to 1 in a policy. */
function toObjective(section: NonNullable<OperationSection["objective"]>): Objective {
  const { quality, success, latency, cost, feedback } = section;
  const weights = [weightOf(quality), weightOf(success), latency?.weight ?? 0, cost?.weight ?? 0, weightOf(feedback)];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const share = (weight: number): number => weight / sum;
  return {
    ...(quality === undefined ? {} : { quality: { weight: share(weightOf(quality)) } }),
    ...(success === undefined ? {} : { success: { weight: share(weightOf(success)) } }),
    ...(latency === undefined
      ? {}
      : {
          latency: {
            weight: share(latency.weight),
            goodSeconds: checkedDuration(latency.good) / 1000,
            badSeconds: checkedDuration(latency.bad) / 1000,
          },
        }),
    ...(cost === undefined ? {} : { cost: { weight: share(cost.weight), unit: cost.unit, reference: cost.reference } }),
    ...(feedback === undefined
      ? {}
      : { feedback: { weight: share(weightOf(feedback)), attributionMilliseconds: attributionOf(feedback) } }),
  };
}

function attributionOf(section: FeedbackSection): number {
  return checkedDuration((typeof section === "number" ? undefined : section.attribution) ?? DEFAULTS.attribution);
}

function weightOf(section: RatioSection | undefined): number {
  return typeof section === "number" ? section : (section?.weight ?? 0);
}

type FeedbackSection = NonNullable<NonNullable<OperationSection["objective"]>["feedback"]>;

function toConstraint(text: string): Constraint[] {
  const result = parseConstraint(text);
  return "constraint" in result ? [result.constraint] : [];
}
