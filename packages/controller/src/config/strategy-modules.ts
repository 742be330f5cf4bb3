/**
 * Strategies of one's own: the modules that a configuration names, loaded and checked before anything of it is in force.
 *
 *     strategy: { module: ./always-lower.mjs, step: 0.1 }
 *
 * The module is named by its content too, so that a changed file is another strategy: it learns anew, and the record of a decision
 * says which one decided. What the module itself imports is not looked at.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { shortDigest } from "@trimtab/conventions";
import {
  type OperationPolicy,
  policyProblems,
  STRATEGY_IDS,
  type StrategyChoice,
  type StrategyDefinition,
  type StrategyDefinitions,
  strategyDefinitionProblems,
} from "@trimtab/learning";
import type { Config } from "../config.ts";
import { ConfigError } from "./config-error.ts";
import type { FileProblem } from "./file-problem.ts";
import { readYaml } from "./read-yaml.ts";

/** What one module is, or why it cannot be used. */
type Loaded =
  | { readonly definition: StrategyDefinition; readonly digest: string; readonly url: string }
  | { readonly problems: readonly string[] };

/**
 * Loads the modules that the operations name and checks their options; a configuration without any comes back as it is.
 *
 * @throws {ConfigError} with every problem, when there is any.
 */
export async function loadStrategyModules(config: Config): Promise<Config> {
  const paths = new Set(
    config.policies.flatMap((policy) => PLACES.flatMap((place) => place.choiceOf(policy)?.module?.path ?? [])),
  );
  if (paths.size === 0) return config;
  const folder = dirname(config.file);
  const loaded = new Map<string, Loaded>();
  for (const path of paths) loaded.set(path, await load(resolve(folder, path)));
  refuseTwins(loaded);

  const definitions: Record<string, StrategyDefinition> = {};
  const urls: Record<string, string> = {};
  for (const one of loaded.values()) {
    if ("problems" in one) continue;
    definitions[one.definition.id] = one.definition;
    urls[one.definition.id] = one.url;
  }
  const problems: FileProblem[] = [];
  const policies = config.policies.map((policy) =>
    PLACES.reduce((complete, place) => {
      const found = completed(complete, place, loaded, definitions);
      problems.push(...found.problems);
      return found.policy;
    }, policy),
  );
  if (problems.length > 0) throw new ConfigError(config.file, withLines(problems, config.file));
  return { ...config, policies, ownStrategies: { definitions, urls } };
}

/** Where a policy names a strategy. */
interface Place {
  readonly path: readonly string[];
  readonly choiceOf: (policy: OperationPolicy) => StrategyChoice | undefined;
  readonly withChoice: (policy: OperationPolicy, choice: StrategyChoice) => OperationPolicy;
}

const PLACES: readonly Place[] = [
  {
    path: ["strategy"],
    choiceOf: ({ strategy }) => strategy,
    withChoice: (policy, strategy) => ({ ...policy, strategy }),
  },
  {
    path: ["experiment", "treatment"],
    choiceOf: ({ experiment }) => experiment?.treatment,
    withChoice: (policy, treatment) =>
      policy.experiment === undefined ? policy : { ...policy, experiment: { ...policy.experiment, treatment } },
  },
];

/** The policy with the module's id and digest in the place, where it names a module. */
function completed(
  policy: OperationPolicy,
  { path: inPolicy, choiceOf, withChoice }: Place,
  loaded: ReadonlyMap<string, Loaded>,
  definitions: StrategyDefinitions,
): { readonly policy: OperationPolicy; readonly problems: readonly FileProblem[] } {
  const choice = choiceOf(policy);
  const path = choice?.module?.path;
  const one = path === undefined ? undefined : loaded.get(path);
  if (choice === undefined || one === undefined || path === undefined) return { policy, problems: [] };
  const place = ["components", policy.component, "operations", policy.operation, ...inPolicy];
  if ("problems" in one) {
    const problems = one.problems.map((message) => ({ path: [...place, "module"], message: `${path} ${message}` }));
    return { policy, problems };
  }
  const named = { kind: one.definition.id, options: choice.options, module: { path, digest: one.digest } };
  const complete = withChoice(policy, named);
  return { policy: complete, problems: optionProblems(complete, definitions, inPolicy, place) };
}

async function load(file: string): Promise<Loaded> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = existsSync(file) ? `cannot be read: ${textOf(error)}` : `is not there (${file})`;
    return { problems: [reason] };
  }
  const digest = shortDigest(text);
  const url = `${pathToFileURL(file).href}?${digest}`; // Node keeps modules by address: a changed file needs another one
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return { problems: [`cannot be loaded: ${textOf(error)}`] };
  }
  if (!("default" in exported))
    return { problems: ["exports no strategy; write export default { id, options, build }"] };
  const definition = exported["default"];
  const found = strategyDefinitionProblems(definition, [...STRATEGY_IDS, "default"]);
  if (found.length > 0)
    return {
      problems: found.map(({ path, message }) =>
        ["exports a strategy:", path.join("."), message].filter(Boolean).join(" "),
      ),
    };
  return { definition: definition as StrategyDefinition, digest, url };
}

/** Two files may not offer the same id: a decision would not tell them apart. */
function refuseTwins(loaded: Map<string, Loaded>): void {
  const first = new Map<string, { readonly path: string; readonly url: string }>();
  for (const [path, one] of loaded) {
    if ("problems" in one) continue;
    const { id } = one.definition;
    const other = first.get(id);
    if (other === undefined) first.set(id, { path, url: one.url });
    else if (other.url !== one.url)
      loaded.set(path, { problems: [`exports a strategy with the id "${id}", and so does ${other.path}`] });
  }
}

function optionProblems(
  policy: OperationPolicy,
  own: StrategyDefinitions,
  inPolicy: readonly string[],
  place: readonly string[],
): FileProblem[] {
  let found: ReturnType<typeof policyProblems>;
  try {
    found = policyProblems(policy, own);
  } catch (error) {
    return [{ path: [...place, "module"], message: `cannot check its options: ${textOf(error)}` }];
  }
  return found
    .filter(({ path }) => inPolicy.every((segment, index) => path[index] === segment))
    .map(({ path, message }) => {
      const rest = path.slice(inPolicy.length);
      return { path: [...place, ...(rest[0] === "options" ? rest.slice(1) : rest)], message };
    });
}

function withLines(problems: readonly FileProblem[], file: string): FileProblem[] {
  const yaml = existsSync(file) ? readYaml(readFileSync(file, "utf8")) : undefined;
  return problems.map((problem) => {
    const line = yaml !== undefined && "lineOf" in yaml ? yaml.lineOf(problem.path) : undefined;
    return line === undefined ? problem : { ...problem, line };
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
