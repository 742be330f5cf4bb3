/** Which stores a module works with: those that were handed over, else a controller's where there is one, else those of the process. */
import { type CollectionLevel, configure } from "@trimtab/instrumentation";
import type { ModuleSettings, ReadConfiguration } from "./configuration.ts";
import type { ModuleController, ModuleDependencies } from "./dependencies.ts";
import { ModuleConfigurationError } from "./errors.ts";
import { createLocalLearning, type LocalLearning } from "./local/local-learning.ts";
import { createLocalMetrics } from "./local/local-metrics.ts";
import { type DeclaredOperation, localPolicy, localPolicyProblems } from "./local/local-policy.ts";
import type { OwnFailures } from "./own-failures.ts";
import type { ModuleFeedbackStore, ModuleLog, ModuleMetricsStore, ModuleParameterStore } from "./ports.ts";
import { createControllerStores } from "./remote/controller-stores.ts";

/** The ports of one module. */
export interface ModulePorts {
  readonly learning: "process" | "controller" | "injected";
  readonly metrics: ModuleMetricsStore;
  readonly parameters: ModuleParameterStore;
  readonly feedback: ModuleFeedbackStore;
  close(): Promise<void>;
}

/** What decides which ports a module has. */
export interface PortChoice {
  readonly component: string;
  readonly declared: readonly DeclaredOperation[];
  readonly read: ReadConfiguration<object>;
  readonly dependencies: ModuleDependencies;
  readonly log: ModuleLog;
  readonly now: () => number;
  readonly failures: OwnFailures;
}

const DEFAULT_INTERVAL_MILLISECONDS = 30_000;
const SHORTEST_INTERVAL_MILLISECONDS = 1_000;
const LONGEST_INTERVAL_MILLISECONDS = 3_600_000;
const DEFAULT_FEEDBACK_PER_CYCLE = 20;
const IN_MEMORY = ":memory:";

/** From the least to the most. */
const LEVELS: readonly CollectionLevel[] = ["minimal", "standard", "comprehensive"];

/** The controller of this process, once a module has one: the process has one connection, so all of its modules share it. */
let sharedController: string | undefined;
/** The highest level that a module asked for: the process has one. */
let askedLevel: CollectionLevel | undefined;

/** @throws {ModuleConfigurationError} that names every problem. */
export function choosePorts(choice: PortChoice): ModulePorts {
  const { component, read, dependencies, now } = choice;
  const { config, given } = read;
  if (given.has("metricsCollectionLevel")) collectAt(config.metricsCollectionLevel);
  const local = createLocalMetrics(component, config.metricsCollectionLevel, now);
  const { controller = controllerOfEnvironment() } = dependencies;
  const usual = controller === false ? localPorts(choice, local) : controllerPorts(choice, local, controller);
  const { metrics = usual.metrics, parameters = usual.parameters(), feedback = usual.feedback() } = dependencies;
  const learning = dependencies.parameters === undefined ? usual.learning : "injected";
  return {
    learning,
    metrics,
    parameters,
    feedback,
    async close() {
      for (const port of [parameters, feedback, metrics]) {
        await choice.failures.guardAsync("closing a store", () => port.close?.());
      }
    },
  };
}

interface UsualPorts {
  readonly learning: "process" | "controller";
  readonly metrics: ModuleMetricsStore;
  readonly parameters: () => ModuleParameterStore;
  readonly feedback: () => ModuleFeedbackStore;
}

/** In the process. Nothing is opened for ports that are somebody else's. */
function localPorts(choice: PortChoice, metrics: ModuleMetricsStore): UsualPorts {
  const { component, declared, read, dependencies, log, now } = choice;
  const { intervalMilliseconds = DEFAULT_INTERVAL_MILLISECONDS, feedbackPerCycle = DEFAULT_FEEDBACK_PER_CYCLE } =
    dependencies.learning ?? {};
  const policies = declared.map((each) => localPolicy(component, each, read.config));
  const problems = [
    ...policies.flatMap(localPolicyProblems),
    ...intervalProblems(intervalMilliseconds),
    ...(Number.isInteger(feedbackPerCycle) && feedbackPerCycle >= 1
      ? []
      : [`learning.feedbackPerCycle is ${feedbackPerCycle}; write a whole number from 1`]),
  ];
  if (problems.length > 0) {
    const lines = problems.map((text) => `  ${text}`).join("\n");
    throw new ModuleConfigurationError(`module "${component}" cannot learn as it is declared:\n${lines}`);
  }
  let made: LocalLearning | undefined;
  const learning = (): LocalLearning =>
    (made ??= createLocalLearning({
      component,
      policies: policies.filter(({ parameters }) => Object.keys(parameters).length > 0),
      isAdapting: read.config.enableAdaptation,
      store: dependencies.learning?.store ?? IN_MEMORY,
      intervalMilliseconds,
      feedbackPerCycle,
      log,
      now,
      chance: dependencies.chance ?? Math.random,
    }));
  return { learning: "process", metrics, parameters: () => learning().parameters, feedback: () => learning().feedback };
}

function intervalProblems(intervalMilliseconds: number): string[] {
  const isInRange =
    intervalMilliseconds >= SHORTEST_INTERVAL_MILLISECONDS && intervalMilliseconds <= LONGEST_INTERVAL_MILLISECONDS;
  if (isInRange) return [];
  return [
    `learning.intervalMilliseconds is ${intervalMilliseconds}; write ${SHORTEST_INTERVAL_MILLISECONDS} to ${LONGEST_INTERVAL_MILLISECONDS}`,
  ];
}

/** At a controller: whoever changes parameters is there, and so are the thresholds. */
function controllerPorts(choice: PortChoice, local: ModuleMetricsStore, controller: ModuleController): UsualPorts {
  const { component, log, now } = choice;
  connect(controller);
  const stores = createControllerStores({ component, controller, local, log, now });
  return {
    learning: "controller",
    metrics: stores.metrics,
    parameters: () => stores.parameters,
    feedback: () => stores.feedback,
  };
}

function controllerOfEnvironment(): ModuleController | false {
  const { TRIMTAB_CONTROLLER_URL: url, TRIMTAB_TOKEN: token, TRIMTAB_REGISTER_OPERATIONS: registers } = process.env;
  if (url === undefined || url === "") return false;
  return { url, registerOperations: registers !== "off", ...(token === undefined ? {} : { token }) };
}

function connect({ url, token, registerOperations = true }: ModuleController): void {
  if (!URL.canParse(url))
    throw new ModuleConfigurationError(`controller.url "${url}" is no address; write http://host:port`);
  if (sharedController === url) return;
  if (sharedController !== undefined)
    throw new ModuleConfigurationError(
      `a process has one controller: another module uses ${sharedController}, this one asks for ${url}`,
    );
  sharedController = url;
  configure({ controllerUrl: url, registerOperations, ...(token === undefined ? {} : { token }) });
}

function collectAt(level: ModuleSettings["metricsCollectionLevel"]): void {
  if (askedLevel !== undefined && LEVELS.indexOf(level) <= LEVELS.indexOf(askedLevel)) return;
  askedLevel = level;
  configure({ collectionLevel: level });
}
