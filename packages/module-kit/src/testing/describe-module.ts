/**
 * What every self-learning module must keep, also one that somebody else writes: its test calls `describeModule` with the runner that
 * it has (vitest, `node:test`, any with `describe` and `test`).
 */
import { contextKeyProblem, parameterValuesProblems } from "@trimtab/conventions";
import type { ModuleDependencies } from "../dependencies.ts";
import type { SelfLearningModule } from "../module.ts";
import type { ModuleResult } from "../module-result.ts";
import type { ModuleFeedbackStore, ModuleLog, ModuleMetricsStore, ModuleParameterStore } from "../ports.ts";
import { FEEDBACK_SCENARIOS } from "./feedback-scenario.ts";
import { operationOf, reproducible, simulateFeedback } from "./simulate-feedback.ts";

/** The module under test. */
export interface ModuleUnderTest {
  /** A new module with these dependencies; it is closed by the test. */
  readonly make: (dependencies: ModuleDependencies) => SelfLearningModule;
  /** Which operation is tested. Default: the only one. */
  readonly operation?: string;
  /** What the work takes; it must not fail. A function gives another input for each run. */
  readonly input: unknown;
  /** What the input's schema refuses. Default: undefined, which hardly any schema takes. */
  readonly invalidInput?: unknown;
}

/** A test runner, as far as it is needed. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

const SILENT: ModuleLog = { debug() {}, info() {}, warning() {}, error() {} };
const RUNS = 5;

/** Runs the contract. */
export function describeModule(name: string, subject: ModuleUnderTest, { describe, test }: TestRunner): void {
  const invalidInput = "invalidInput" in subject ? subject.invalidInput : undefined;
  const inputAt = (index: number): unknown =>
    typeof subject.input === "function" ? (subject.input as (index: number) => unknown)(index) : subject.input;
  const withModule = async (
    dependencies: ModuleDependencies,
    body: (module: SelfLearningModule, run: (index?: number) => Promise<ModuleResult>) => Promise<void>,
  ): Promise<void> => {
    const module = subject.make({ log: SILENT, controller: false, ...reproducible(1), ...dependencies });
    const process = operationOf(module, subject.operation);
    try {
      await body(module, (index = 0) => process(inputAt(index)));
    } finally {
      await module.close();
    }
  };

  describe(`${name} keeps the contract of modules`, () => {
    test("it has sensible defaults, and its base values serve before anything was learnt", () =>
      withModule({ parameters: NOTHING_LEARNT }, async (module, run) => {
        const { enableAdaptation, adaptationThreshold } = module.config;
        hold(typeof enableAdaptation === "boolean", "enableAdaptation is a boolean", enableAdaptation);
        hold(adaptationThreshold >= 0 && adaptationThreshold <= 1, "the threshold is from 0 to 1", adaptationThreshold);
        const result = await run();
        hold(!result.adaptationApplied, "no adaptation was applied", result);
        hold(result.variant.startsWith("base-"), "the base values served", result.variant);
        hold(result.createdAt instanceof Date && !Number.isNaN(result.createdAt.getTime()), "it has a time", result);
        hold(result.executionTimeMilliseconds >= 0, "its time was measured", result.executionTimeMilliseconds);
        const { quality } = result;
        hold(quality === undefined || (quality >= 0 && quality <= 1), "its quality is from 0 to 1", quality);
      }));

    test("its results have ids of their own", () =>
      withModule({}, async (_, run) => {
        const ids = new Set<string>();
        for (let index = 0; index < RUNS; index++) ids.add((await run(index)).id);
        hold(ids.size === RUNS, `${RUNS} runs have ${RUNS} ids`, ids.size);
      }));

    test("its context has legal keys, and few enough values to become labels", () =>
      withModule({}, async (_, run) => {
        const { context, id } = await run();
        for (const [key, value] of Object.entries(context)) {
          hold(contextKeyProblem(key) === undefined, `"${key}" is a legal key`, contextKeyProblem(key));
          hold(!id.startsWith(value) && value.length <= 128, `${key} is no id and no text`, value);
        }
      }));

    test("what it did is recorded and can be read again, newest first; no data is no number", () =>
      withModule({}, async (module, run) => {
        const before = await module.getPerformanceMetrics("1h");
        hold(before.total === undefined && before.successRate === undefined, "nothing is no number", before);
        const ids: string[] = [];
        for (let index = 0; index < RUNS; index++) ids.push((await run(index)).id);
        const { total = 0, outcomes } = await module.getPerformanceMetrics();
        hold(total >= RUNS, `at least ${RUNS} runs are counted`, total);
        hold((outcomes?.failure ?? 0) === 0, "none of them failed", outcomes);
        if (module.config.metricsCollectionLevel === "minimal") return;
        const recent = await module.recentOperations({}, 1_000);
        const places = ids.map((id) => recent.findIndex((record) => id.startsWith(record.id)));
        hold(!places.includes(-1), "every run is there by itself", places);
        hold(
          places.every((place, at) => at === 0 || place < (places[at - 1] ?? 0)),
          "the newest comes first",
          places,
        );
        await rejects("ModuleMetricsError", () => module.getPerformanceMetrics("a while"));
      }));

    test("an input that does not fit is refused by name, and recorded as a failure", () =>
      withModule({}, async (module) => {
        const process = operationOf(module, subject.operation);
        const error = await rejects("ModuleProcessingError", () => process(invalidInput));
        hold(error.cause !== undefined, "the original is its cause", error);
        const { outcomes } = await module.getPerformanceMetrics("1h");
        hold(outcomes?.failure === 1, "one failure is counted", outcomes);
        const [record] = await module.recentOperations({}, 1);
        if (module.config.metricsCollectionLevel === "minimal") return;
        hold(record?.outcome === "failure" && record.errorType === "invalid_input", "it is recorded as such", record);
      }));

    test("what goes wrong in metrics, parameters and learning never reaches the work", () =>
      withModule(
        { metrics: BROKEN_METRICS, parameters: BROKEN_PARAMETERS, feedback: BROKEN_FEEDBACK },
        async (module, run) => {
          const result = await run();
          hold(result.outcome !== "failure", "the work is done", result);
          hold(!result.adaptationApplied, "with its base values", result);
          await rejects("ModuleMetricsError", () => module.applyFeedback(result.id, { rating: 4 }));
          await rejects("ModuleAdaptationError", () => module.triggerLearningCycle());
          hold((await run(1)).outcome !== "failure", "and again", undefined);
        },
      ));

    test("feedback about a result counts once; what is no feedback is refused", () =>
      withModule({}, async (module, run) => {
        const { id } = await run();
        const first = await module.processUserFeedback(id, 4, "good");
        const again = await module.processUserFeedback(id, 4, "good");
        hold(first.recorded === "added" && again.recorded === "known", "the second time it is known", { first, again });
        hold(
          (await module.processPerformanceFeedback(id, { errorRate: 0.1 })).recorded === "added",
          "a report is another",
          id,
        );
        await rejects("ModuleError", () => module.processUserFeedback(id, 6));
        await rejects("ModuleError", () => module.applyFeedback("nobody's result", { rating: 4 }));
      }));

    for (const scenario of FEEDBACK_SCENARIOS) {
      test(`it survives ${scenario.name}`, () =>
        withModule({}, async (module, run) => {
          const { operation } = subject;
          const input = ({ index }: { readonly index: number }): unknown => inputAt(index);
          const done = await simulateFeedback(module, {
            ...scenario,
            input,
            ...(operation === undefined ? {} : { operation }),
          });
          hold(done.failures === 0, "no run failed", done.failures);
          const spaces = Object.values(module.operations).map(({ parameters }) => parameters);
          for (const { parameters } of done.lastResults) {
            const isLegal = spaces.some((space) => parameterValuesProblems(space, parameters).length === 0);
            hold(isLegal, "the parameters lie in their space", parameters);
          }
          hold((await run()).outcome !== "failure", "it works on", undefined);
        }));
    }
  });
}

const NOTHING_LEARNT: ModuleParameterStore = {
  parametersFor: () => undefined,
  learn: () => Promise.resolve({ operations: [], suggestions: [] }),
  suggest: () => Promise.reject(new Error("nothing is learnt here")),
  adaptations: () => Promise.resolve([]),
};

function broken(): never {
  throw new Error("broken on purpose");
}
const brokenLater = (): Promise<never> => Promise.reject(new Error("broken on purpose"));
const BROKEN_METRICS: ModuleMetricsStore = { record: broken, summary: brokenLater, recent: brokenLater };
const BROKEN_FEEDBACK: ModuleFeedbackStore = { add: brokenLater, close: brokenLater };
const BROKEN_PARAMETERS: ModuleParameterStore = {
  parametersFor: broken,
  observe: broken,
  hear: broken,
  learn: brokenLater,
  suggest: brokenLater,
  adaptations: brokenLater,
  ready: brokenLater,
  close: brokenLater,
};

/** @throws {Error} that tells what did not hold, and what was there instead. */
function hold(isSo: boolean, what: string, there: unknown): void {
  if (isSo) return;
  throw new Error(`not so: ${what}; there was ${JSON.stringify(there) ?? String(there)}`);
}

async function rejects(name: string, run: () => Promise<unknown>): Promise<Error> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    if (error instanceof Error && error.name === name) return error;
    throw new Error(`not so: it is refused with a ${name}; there was ${String(error)}`, { cause: error });
  }
  throw new Error(`not so: it is refused with a ${name}; there was ${JSON.stringify(result)}`);
}
