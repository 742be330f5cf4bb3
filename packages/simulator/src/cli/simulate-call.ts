/** What `simulate` is asked to do: options to a plan, or what is wrong with them. */
import { DEFAULT_CYCLES } from "../environment.ts";
import { SimulateUsageError } from "./usage-error.ts";

/** An option as the command line describes it. */
export interface SimulateOption {
  readonly type: "string" | "boolean";
  readonly value?: string;
  readonly description: string;
  readonly default?: string;
  /** May stand several times; the values come joined by line breaks. */
  readonly isList?: boolean;
}

/** Every option. */
export const SIMULATE_OPTIONS: Readonly<Record<string, SimulateOption>> = {
  strategy: {
    type: "string",
    value: "KIND | FILE.mjs",
    description: "which strategy decides: a built-in one (response-surface), or a module of your own",
  },
  option: {
    type: "string",
    value: "NAME=VALUE",
    description: "an option of the strategy; may stand several times",
    isList: true,
  },
  learner: { type: "string", value: "FILE", description: "a module with createLearner(specification, seed), instead" },
  compare: {
    type: "string",
    value: "LEARNER,…",
    description: "runs these too and puts them beside it: strategies, uniform, plain-thompson, base, oracle",
  },
  seeds: { type: "string", value: "N", description: "how many runs of each environment (5)" },
  "first-seed": { type: "string", value: "N", description: "the seed of the first run (1)" },
  cycles: {
    type: "string",
    value: "N",
    description: `how long a run is; by default as the environment says, usually ${DEFAULT_CYCLES}`,
  },
  json: { type: "boolean", description: "the scores as JSON, without times: the same call gives the same text" },
  plot: {
    type: "string",
    value: "FILE.svg | -",
    description: "draws utility per cycle against oracle and holdout, - into the terminal",
  },
  require: {
    type: "string",
    value: "LEVEL",
    description: "exit code 1 where a target misses this column: must or good",
  },
  workers: { type: "string", value: "N", description: "threads to run on; by default 2 where it helps" },
  list: { type: "boolean", description: "lists the built-in environments" },
};

/** Options as a command line gives them. */
export type SimulateOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Who decides, as it can be handed to another thread. */
export type LearnerChoice =
  | {
      readonly kind: "strategy";
      /** An id, or the file of a module. */
      readonly strategy: string;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "reference"; readonly name: string };

/** What is to be done. */
export interface SimulatePlan {
  readonly learner: LearnerChoice;
  /** Others beside it. */
  readonly compared: readonly LearnerChoice[];
  readonly seeds: readonly number[];
  readonly cycles?: number;
  readonly isJson: boolean;
  readonly plotFile?: string;
  readonly required?: "must" | "good";
  readonly workers?: number;
}

/** Learners that are no strategies. */
const REFERENCE_LEARNERS: readonly string[] = ["base", "uniform", "plain-thompson", "oracle"];

/**
 * The plan of these options.
 *
 * @param usualSeeds How many seeds where the options do not say.
 * @throws {SimulateUsageError}
 */
export function planOf(options: SimulateOptions, usualSeeds = 5): SimulatePlan {
  const text = (name: string): string | undefined => textOf(options, name);
  const required = text("require");
  if (required !== undefined && required !== "must" && required !== "good")
    throw new SimulateUsageError(`--require ${required} is unknown; write must or good`);
  const first = countOf(options, "first-seed", 0) ?? 1;
  const file = text("learner");
  const [plotFile, cycles, workers] = [text("plot"), countOf(options, "cycles", 1), countOf(options, "workers", 1)];
  return {
    learner: file === undefined ? strategyChoice(options) : { kind: "file", file },
    compared: (text("compare") ?? "").split(",").flatMap((name) => (name.trim() === "" ? [] : [namedLearner(name)])),
    seeds: Array.from({ length: countOf(options, "seeds", 1) ?? usualSeeds }, (_, index) => first + index),
    isJson: options["json"] === true,
    ...(plotFile === undefined ? {} : { plotFile }),
    ...(cycles === undefined ? {} : { cycles }),
    ...(workers === undefined ? {} : { workers }),
    ...(required === undefined ? {} : { required }),
  };
}

/** A text option, or undefined. */
export function textOf(options: SimulateOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/**
 * A whole number of at least `least`, or undefined.
 *
 * @throws {SimulateUsageError}
 */
export function countOf(options: SimulateOptions, name: string, least: number): number | undefined {
  const written = textOf(options, name);
  if (written === undefined) return undefined;
  const value = Number(written);
  if (!Number.isSafeInteger(value) || value < least || value > 1_000_000)
    throw new SimulateUsageError(`--${name} ${written} is no whole number from ${least} to 1000000`);
  return value;
}

/**
 * The strategy that `--strategy` and `--option` choose: `KIND`, `KIND:{"option":value}`, or either with the file of a module for the kind.
 *
 * @throws {SimulateUsageError}
 */
export function strategyChoice(options: SimulateOptions): LearnerChoice & { readonly kind: "strategy" } {
  const written = textOf(options, "strategy") ?? "response-surface";
  const brace = written.indexOf(":{");
  const strategy = brace < 0 ? written : written.slice(0, brace);
  const inline = brace < 0 ? {} : jsonOptions(written.slice(brace + 1));
  const lines = (textOf(options, "option") ?? "").split("\n").filter((line) => line !== "");
  return { kind: "strategy", strategy, options: { ...inline, ...Object.fromEntries(lines.map(optionOf)) } };
}

function namedLearner(written: string): LearnerChoice {
  const name = written.trim();
  return REFERENCE_LEARNERS.includes(name)
    ? { kind: "reference", name }
    : { kind: "strategy", strategy: name, options: {} };
}

/** Numbers, booleans and JSON are what they look like; the rest is text. */
function optionOf(line: string): [string, unknown] {
  const equals = line.indexOf("=");
  if (equals < 1) throw new SimulateUsageError(`--option ${line} is no NAME=VALUE`);
  const [name, text] = [line.slice(0, equals), line.slice(equals + 1)];
  try {
    return [name, JSON.parse(text) as unknown];
  } catch {
    return [name, text];
  }
}

function jsonOptions(text: string): Record<string, unknown> {
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
