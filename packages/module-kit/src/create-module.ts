/** From a declaration and a configuration to a module: its operations made ready, its ports chosen. The one place that knows all parts. */
import { type Context, canonicalContext, type ParameterSpace, parameterValueProblem } from "@trimtab/conventions";
import type { PerformanceSummary } from "@trimtab/instrumentation";
import type { z } from "zod";
import { choosePorts, type ModulePorts } from "./choose-ports.ts";
import { type ModuleSettings, type ReadConfiguration, readConfiguration } from "./configuration.ts";
import type { ModuleDependencies } from "./dependencies.ts";
import { ModuleAdaptationError, ModuleConfigurationError, ModuleError, ModuleMetricsError } from "./errors.ts";
import type { DeclaredOperation } from "./local/local-policy.ts";
import type { AdaptationProposal, FeedbackReceipt, ModuleOperation, SelfLearningModule } from "./module.ts";
import { type ModuleFeedback, readFeedback } from "./module-feedback.ts";
import { consoleLog, safeLog } from "./module-log.ts";
import type { AnyModuleOperation } from "./module-operation.ts";
import type { ModuleResult, ProcessOptions } from "./module-result.ts";
import { createOwnFailures, messageOf, type OwnFailures } from "./own-failures.ts";
import type { LearningReport, ModuleAdaptation, OperationRecord } from "./ports.ts";
import { createOperationRunner, type OperationRunner } from "./run-operation.ts";

/** What a module is made of. */
export interface ModuleParts {
  readonly name: string;
  readonly config: z.ZodObject | undefined;
  readonly operations: ReadonlyMap<string, AnyModuleOperation>;
  /** The name of the only operation; undefined in a module of several. */
  readonly single: string | undefined;
}

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 1_000;
const DEFAULT_PERIOD = "24h";

/** @throws {ModuleConfigurationError} that names every problem. */
export function createModule(parts: ModuleParts, given: unknown, dependencies: ModuleDependencies): SelfLearningModule {
  const read: ReadConfiguration<object> = readConfiguration(parts.name, parts.config, given);
  const component = dependencies.component ?? parts.name;
  const spaces = new Map(
    [...parts.operations].map(([name, each]) => [name, spaceOf(parts.name, name, each, read.config)]),
  );
  const declared = [...parts.operations].map(([operation, definition]): DeclaredOperation => {
    const { objective, constraints, strategy, holdout, quality } = definition;
    return {
      operation,
      context: Object.keys(definition.context ?? {}),
      space: spaces.get(operation) ?? {},
      isScored: quality !== undefined,
      ...(objective === undefined ? {} : { objective }),
      ...(constraints === undefined ? {} : { constraints }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(holdout === undefined ? {} : { holdout }),
    };
  });
  const log = safeLog(dependencies.log ?? consoleLog("warning"));
  const now = dependencies.now ?? Date.now;
  const failures = createOwnFailures(component, log);
  const runners = new Map<string, OperationRunner>();
  const byDefinition = new Map<AnyModuleOperation, OperationRunner>();
  const ports = choosePorts({ component, declared, read, dependencies, log, now, failures });
  const surroundings = {
    component,
    config: read.config,
    metrics: ports.metrics,
    parameters: ports.parameters,
    failures,
    now,
    invoke: (operation: AnyModuleOperation, input: unknown, options: ProcessOptions | undefined) => {
      const runner = byDefinition.get(operation);
      if (runner !== undefined) return runner.process(input, options);
      const known = [...runners.keys()].join(", ");
      return Promise.reject(new RangeError(`the operation is none of module "${parts.name}", which has ${known}`));
    },
  };
  try {
    for (const [name, definition] of parts.operations) {
      const runner = createOperationRunner(name, definition, spaces.get(name) ?? {}, surroundings);
      runners.set(name, runner);
      byDefinition.set(definition, runner);
    }
  } catch (error) {
    void ports.close();
    throw new ModuleConfigurationError(`module "${parts.name}" cannot be made: ${messageOf(error)}`, { cause: error });
  }
  const module = new CreatedModule(component, read.config, runners, ports, failures);
  const only = parts.single === undefined ? undefined : runners.get(parts.single);
  return only === undefined
    ? module
    : Object.assign(module, {
        process: (input: unknown, options?: ProcessOptions): Promise<ModuleResult> => only.process(input, options),
        stream: (input: unknown, options?: ProcessOptions) => only.stream(input, options),
      });
}

class CreatedModule implements SelfLearningModule {
  readonly name: string;
  readonly config: ModuleSettings;
  readonly learning: SelfLearningModule["learning"];
  readonly operations: Readonly<Record<string, ModuleOperation>>;
  readonly #runners: ReadonlyMap<string, OperationRunner>;
  readonly #ports: ModulePorts;
  readonly #failures: OwnFailures;

  constructor(
    name: string,
    config: ModuleSettings,
    runners: ReadonlyMap<string, OperationRunner>,
    ports: ModulePorts,
    failures: OwnFailures,
  ) {
    this.name = name;
    this.config = config;
    this.learning = ports.learning;
    this.#runners = runners;
    this.#ports = ports;
    this.#failures = failures;
    const operations = [...runners].map(([operation, runner]) => [
      operation,
      {
        parameters: runner.space,
        context: runner.context,
        process: (input: unknown, options?: ProcessOptions) => runner.process(input, options),
        stream: (input: unknown, options?: ProcessOptions) => runner.stream(input, options),
      },
    ]);
    this.operations = Object.freeze(Object.fromEntries(operations)) as Readonly<Record<string, ModuleOperation>>;
  }

  async applyFeedback(resultId: string, feedback: ModuleFeedback): Promise<FeedbackReceipt> {
    const read = readFeedback(this.name, resultId, feedback);
    if ("problem" in read) throw new ModuleError(`the feedback is refused: ${read.problem}`);
    const { entry } = read;
    const recorded = await this.#addFeedback(() => this.#ports.feedback.add(entry), entry.context);
    if (!this.config.enableAdaptation) return { recorded, learning: "off" };
    if (recorded === "added") {
      this.#failures.guard("hearing of feedback", () => this.#ports.parameters.hear?.(entry));
    }
    return { recorded, learning: this.learning === "controller" ? "elsewhere" : "scheduled" };
  }

  processUserFeedback(resultId: string, rating: number, comments?: string): Promise<FeedbackReceipt> {
    return this.applyFeedback(resultId, { rating, ...(comments === undefined ? {} : { comment: comments }) });
  }

  processPerformanceFeedback(
    resultId: string,
    report: { readonly errorRate?: number; readonly [name: string]: number | string | boolean | undefined },
  ): Promise<FeedbackReceipt> {
    const { errorRate, ...rest } = report;
    const others = Object.entries(rest).filter(([, value]) => value !== undefined);
    return this.applyFeedback(resultId, {
      type: "performance",
      ...(errorRate === undefined ? {} : { errorRate }),
      ...(others.length === 0 ? {} : { data: Object.fromEntries(others) as Record<string, number | string | boolean> }),
    });
  }

  async getPerformanceMetrics(period: string = DEFAULT_PERIOD): Promise<PerformanceSummary> {
    try {
      return await this.#ports.metrics.summary(period);
    } catch (error) {
      throw new ModuleMetricsError(messageOf(error), { cause: error });
    }
  }

  async recentOperations(
    contextFilter: Readonly<Record<string, string | number | boolean | null | undefined>> = {},
    limit: number = DEFAULT_LIMIT,
  ): Promise<readonly OperationRecord[]> {
    if (!isLimit(limit))
      throw new ModuleMetricsError(`the limit is ${limit}; write a whole number from 1 to ${LARGEST_LIMIT}`);
    try {
      return await this.#ports.metrics.recent(canonicalContext(contextFilter, Object.keys(contextFilter)), limit);
    } catch (error) {
      throw new ModuleMetricsError(`the last operations cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  triggerLearningCycle(): Promise<LearningReport> {
    return this.#adapt("learning", () => this.#ports.parameters.learn());
  }

  async suggestAdaptation(proposal: AdaptationProposal): Promise<ModuleAdaptation> {
    const { parameter, value, confidence, reason, evidence = [] } = proposal;
    const runner = this.#operationOf(proposal.operation);
    const keys = runner.context;
    const strange = Object.keys(proposal.context ?? {}).find((key) => !keys.includes(key));
    if (strange !== undefined)
      throw new ModuleAdaptationError(
        `"${runner.name}" has no context key "${strange}"; it has ${keys.join(", ") || "none"}`,
      );
    const context = canonicalContext(proposal.context ?? {}, keys);
    const specification = runner.space[parameter];
    if (specification === undefined) {
      const known = Object.keys(runner.space).join(", ") || "none";
      throw new ModuleAdaptationError(`"${runner.name}" has no parameter "${parameter}"; it has ${known}`, { context });
    }
    const problem = parameterValueProblem(specification, value);
    if (problem !== undefined) throw new ModuleAdaptationError(`${parameter} ${problem}`, { context });
    if (!(confidence >= 0 && confidence <= 1))
      throw new ModuleAdaptationError(`the confidence is ${confidence}; it is a number from 0 to 1`, { context });
    if (reason.trim() === "") throw new ModuleAdaptationError("the reason is empty; say why", { context });
    const served = this.#failures.guard("reading what is in force", () =>
      this.#ports.parameters.parametersFor(runner.name, context, undefined),
    );
    const inForce = served?.values[parameter] ?? specification.base;
    const { enableAdaptation, adaptationThreshold } = this.config;
    const reachesThreshold = enableAdaptation && confidence >= adaptationThreshold;
    const proposed = { context, parameter, value, inForce, confidence, reachesThreshold, reason, evidence };
    return this.#adapt("the proposal", () => this.#ports.parameters.suggest({ operation: runner.name, ...proposed }));
  }

  async adaptations(limit: number = DEFAULT_LIMIT): Promise<readonly ModuleAdaptation[]> {
    if (!isLimit(limit))
      throw new ModuleAdaptationError(`the limit is ${limit}; write a whole number from 1 to ${LARGEST_LIMIT}`);
    return this.#adapt("reading adaptations", () => this.#ports.parameters.adaptations(limit));
  }

  async ready(): Promise<void> {
    await this.#failures.guardAsync("loading what was learnt", () => this.#ports.parameters.ready?.());
  }

  async close(): Promise<void> {
    await this.#failures.guardAsync("closing", () => this.#ports.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #operationOf(name: string | undefined): OperationRunner {
    const known = [...this.#runners.keys()];
    const [first, second] = known;
    const wanted = name ?? (second === undefined ? first : undefined);
    if (wanted === undefined) throw new ModuleAdaptationError(`name the operation: it is one of ${known.join(", ")}`);
    const runner = this.#runners.get(wanted);
    if (runner === undefined)
      throw new ModuleAdaptationError(`there is no operation "${wanted}"; there is ${known.join(", ")}`);
    return runner;
  }

  async #addFeedback<Result>(add: () => Promise<Result>, context: Context): Promise<Result> {
    try {
      return await add();
    } catch (error) {
      if (error instanceof ModuleError) throw error;
      throw new ModuleMetricsError(`the feedback could not be kept: ${messageOf(error)}`, { context, cause: error });
    }
  }

  async #adapt<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof ModuleError) throw error;
      throw new ModuleAdaptationError(`${what} failed: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** The space of an operation, with the base values that the configuration says. */
function spaceOf(
  module: string,
  operation: string,
  definition: AnyModuleOperation,
  config: ModuleSettings,
): ParameterSpace {
  const space: ParameterSpace = definition.parameters ?? {};
  if (definition.baseValues === undefined) return space;
  const values = definition.baseValues(config as never) as Readonly<Record<string, unknown>>;
  const entries = Object.entries(space).map(([name, specification]) => {
    const value = values[name];
    if (value === undefined) return [name, specification] as const;
    const problem = parameterValueProblem(specification, value as never);
    if (problem !== undefined)
      throw new ModuleConfigurationError(
        `the configuration of module "${module}" makes ${operation}.${name} a base value that it cannot have: ${problem}`,
      );
    return [name, { ...specification, base: value }] as const;
  });
  return Object.fromEntries(entries) as ParameterSpace;
}

function isLimit(limit: number): boolean {
  return Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT;
}
