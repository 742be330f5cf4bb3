/** What `simulate` is asked to do: options to a plan, or what is wrong with them. */
import { type StrategyChoice, strategyProblems } from "@trimtab/learning";
import { DEFAULT_CYCLES } from "./environment.ts";

/** An option as the command line describes it. */
export interface SimulateOption {
  readonly type: "string" | "boolean";
  readonly value?: string;
  readonly description: string;
  readonly default?: string;
}

/** Every option. */
export const SIMULATE_OPTIONS: Readonly<Record<string, SimulateOption>> = {
  strategy: {
    type: "string",
    value: "KIND[:JSON]",
    description: 'which strategy decides, e.g. threshold-rule:{"below":0.6}',
    default: "response-surface",
  },
  learner: { type: "string", value: "FILE", description: "a module with createLearner(specification, seed), instead" },
  seeds: { type: "string", value: "N", description: "how many runs of each environment", default: "5" },
  "first-seed": { type: "string", value: "N", description: "the seed of the first run", default: "1" },
  cycles: {
    type: "string",
    value: "N",
    description: `how long a run is; by default as the environment says, usually ${DEFAULT_CYCLES}`,
  },
  json: { type: "boolean", description: "the scores as JSON, without times: the same call gives the same text" },
  plot: { type: "string", value: "FILE.svg", description: "draws utility per cycle against oracle and holdout" },
  require: {
    type: "string",
    value: "LEVEL",
    description: "exit code 1 where a target misses this column: must or good",
  },
  workers: { type: "string", value: "N", description: "threads to run on; by default 2 where it helps" },
  list: { type: "boolean", description: "lists the built-in environments" },
};

/** What is to be done. */
export interface SimulatePlan {
  readonly strategy: StrategyChoice;
  readonly learnerFile?: string;
  readonly seeds: readonly number[];
  readonly cycles?: number;
  readonly isJson: boolean;
  readonly plotFile?: string;
  readonly required?: "must" | "good";
  readonly workers?: number;
}

/** The command was called in a wrong way; the message says what to write instead. */
export class SimulateUsageError extends Error {
  override readonly name = "SimulateUsageError";
}

/**
 * The plan of these options.
 *
 * @throws {SimulateUsageError}
 */
export function planOf(options: Readonly<Record<string, string | boolean | undefined>>): SimulatePlan {
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  const count = (name: string, least: number): number | undefined => {
    const written = text(name);
    if (written === undefined) return undefined;
    const value = Number(written);
    if (!Number.isSafeInteger(value) || value < least || value > 1_000_000)
      throw new SimulateUsageError(`--${name} ${written} is no whole number from ${least} to 1000000`);
    return value;
  };
  const required = text("require");
  if (required !== undefined && required !== "must" && required !== "good")
    throw new SimulateUsageError(`--require ${required} is unknown; write must or good`);
  const first = count("first-seed", 0) ?? 1;
  const [learnerFile, plotFile, cycles, workers] = [
    text("learner"),
    text("plot"),
    count("cycles", 1),
    count("workers", 1),
  ];
  return {
    strategy: strategyOf(text("strategy") ?? "response-surface"),
    seeds: Array.from({ length: count("seeds", 1) ?? 5 }, (_, index) => first + index),
    isJson: options["json"] === true,
    ...(learnerFile === undefined ? {} : { learnerFile }),
    ...(plotFile === undefined ? {} : { plotFile }),
    ...(cycles === undefined ? {} : { cycles }),
    ...(workers === undefined ? {} : { workers }),
    ...(required === undefined ? {} : { required }),
  };
}

function strategyOf(written: string): StrategyChoice {
  const colon = written.indexOf(":");
  const kind = colon < 0 ? written : written.slice(0, colon);
  const options = colon < 0 ? {} : optionsOf(written.slice(colon + 1));
  const problems = strategyProblems({ kind, options });
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
    throw new SimulateUsageError(`--strategy ${written}: ${list}`);
  }
  return { kind, options };
}

function optionsOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SimulateUsageError(`The options of --strategy are no JSON object: ${text}`);
  return value as Record<string, unknown>;
}
