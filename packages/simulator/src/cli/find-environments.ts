/** From names and files on the command line to environments. */
import { BUILT_IN_ENVIRONMENTS } from "../built-in-environments.ts";
import { type Environment, environmentProblem } from "../environment.ts";
import { type Rehearsal, rehearsalEnvironment } from "../rehearsal.ts";
import { importFile, isFile } from "./import-file.ts";
import { SimulateUsageError } from "./usage-error.ts";

/** Where an environment comes from: plain data, so that another thread finds it again. */
export type EnvironmentSource =
  | { readonly argument: string; readonly index: number }
  | { readonly rehearsal: Rehearsal };

/** An environment and where it comes from. */
export interface FoundEnvironment {
  readonly environment: Environment;
  readonly source: EnvironmentSource;
}

/**
 * The environments of these arguments, each once.
 *
 * @throws {SimulateUsageError}
 */
export async function findEnvironments(names: readonly string[]): Promise<FoundEnvironment[]> {
  if (names.length === 0) throw new SimulateUsageError("Name an environment, a file, or all.");
  const found: FoundEnvironment[] = [];
  for (const argument of names) {
    const environments = await loadEnvironments(argument);
    environments.forEach((environment, index) => {
      if (found.some((other) => other.environment.name === environment.name))
        throw new SimulateUsageError(`The environment "${environment.name}" is named twice.`);
      found.push({ environment, source: { argument, index } });
    });
  }
  return found;
}

/** The environment of a source that was found before. */
export async function environmentFrom(source: EnvironmentSource): Promise<Environment> {
  if ("rehearsal" in source) return rehearsalEnvironment(source.rehearsal);
  const environment = (await loadEnvironments(source.argument))[source.index];
  if (environment === undefined) throw new Error(`${source.argument} has no environment ${source.index}`);
  return environment;
}

async function loadEnvironments(argument: string): Promise<readonly Environment[]> {
  if (argument === "all") return BUILT_IN_ENVIRONMENTS;
  const builtIn = BUILT_IN_ENVIRONMENTS.find(({ name }) => name === argument);
  if (builtIn !== undefined) return [builtIn];
  if (!isFile(argument)) {
    const names = BUILT_IN_ENVIRONMENTS.map(({ name }) => name).join(", ");
    throw new SimulateUsageError(`There is no environment "${argument}"; write a file, all, or one of ${names}`);
  }
  const module = await importFile(argument);
  const exported = module["environments"] ?? module["environment"] ?? module["default"];
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  for (const each of list) {
    const problem = environmentProblem(each);
    if (problem !== undefined)
      throw new SimulateUsageError(
        `${argument} exports no environment (as default, environment or environments): ${problem}`,
      );
  }
  return list as readonly Environment[];
}
