/**
 * Learning in this process as a module has it: there from the first run on, while the engine and its store are still being loaded. A
 * store that cannot be opened leaves the module at its base values.
 */
import type { Context } from "@trimtab/conventions";
import type { ServedParameters } from "@trimtab/instrumentation";
import { ModuleAdaptationError, ModuleMetricsError } from "../errors.ts";
import { messageOf } from "../own-failures.ts";
import type { MeasuredOperation, ModuleFeedbackStore, ModuleParameterStore, StoredModuleFeedback } from "../ports.ts";
import type { LocalLearner, LocalLearnerOptions } from "./local-learner.ts";

/** Parameters and feedback of one module. */
export interface LocalLearning {
  readonly parameters: ModuleParameterStore;
  readonly feedback: ModuleFeedbackStore;
}

/** Runs that end while the engine is loaded; more of them are left out of the evidence. */
const MOST_EARLY_RUNS = 10_000;

/** Begins to load at once, and waits for nothing. */
export function createLocalLearning(options: LocalLearnerOptions): LocalLearning {
  const { log, component, store } = options;
  let learner: LocalLearner | undefined;
  let early: MeasuredOperation[] = [];
  let closing: Promise<void> | undefined;
  const opening = open(options).then(
    (opened) => {
      learner = opened;
      for (const record of early) opened.observe(record);
      early = [];
      return opened;
    },
    (error: unknown) => {
      early = [];
      log.error("nothing is learnt: the store cannot be opened; base values serve", {
        component,
        store,
        problem: messageOf(error),
        error,
      });
      throw error;
    },
  );
  opening.catch(() => {}); // told above; whoever asks for something hears of it again
  const opened = async (): Promise<LocalLearner> => {
    if (closing !== undefined) throw new Error("the module was closed");
    return opening;
  };
  const asked = async <Result>(run: (learner: LocalLearner) => Promise<Result>): Promise<Result> => {
    try {
      return await run(await opened());
    } catch (error) {
      if (error instanceof ModuleAdaptationError) throw error;
      throw new ModuleAdaptationError(`learning failed: ${messageOf(error)}`, { cause: error });
    }
  };
  const close = (): Promise<void> =>
    (closing ??= opening.then(
      async (open) => {
        learner = undefined;
        await open.close();
      },
      () => {},
    ));
  return {
    parameters: {
      parametersFor: (operation: string, context: Context, key): ServedParameters | undefined =>
        learner?.parametersFor(operation, context, key),
      observe(record) {
        if (learner !== undefined) learner.observe(record);
        else if (early.length < MOST_EARLY_RUNS && closing === undefined) early.push(record);
      },
      hear: (feedback: StoredModuleFeedback) => learner?.hear(feedback),
      learn: () => asked((each) => each.learn()),
      suggest: (proposed) => asked((each) => each.suggest(proposed)),
      adaptations: (limit) => asked((each) => each.adaptations(limit)),
      ready: () =>
        opening.then(
          () => {},
          () => {},
        ),
      close,
    },
    feedback: {
      async add(feedback) {
        try {
          return await (await opened()).addFeedback(feedback);
        } catch (error) {
          throw new ModuleMetricsError(`the feedback could not be kept: ${messageOf(error)}`, { cause: error });
        }
      },
      close, // a module whose parameters are somebody else's closes this alone
    },
  };
}

/** The engine is loaded where it is needed: a module with a controller does without. */
async function open(options: LocalLearnerOptions): Promise<LocalLearner> {
  const { openLocalLearner } = await import("./local-learner.ts");
  return openLocalLearner(options);
}
