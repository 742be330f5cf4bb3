/** The configuration: from a file and the environment to typed values, or every problem at once. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import type { OperationKey } from "@trimtab/engine";
import type { OperationPolicy, SuggestionRule } from "@trimtab/learning";
import { type AlertRule, alertRules } from "./config/alert-settings.ts";
import { ConfigError } from "./config/config-error.ts";
import type { ConfigFile, OperationSection } from "./config/config-file.ts";
import { type ControllerSettings, controllerSettings, withoutBrokenSettings } from "./config/controller-settings.ts";
import { DEFAULTS } from "./config/defaults.ts";
import { applyEnvironment } from "./config/environment-overrides.ts";
import type { FileProblem } from "./config/file-problem.ts";
import { configFileSchema } from "./config/file-schema.ts";
import { nameProblems, operationProblems, toPolicies } from "./config/operation-policies.ts";
import type { OwnStrategies } from "./config/own-strategies.ts";
import { isRecord, member } from "./config/plain-values.ts";
import { readYaml } from "./config/read-yaml.ts";
import { type ReportedComponents, reportingProblems, toReportedComponents } from "./config/reported-components.ts";
import { schemaProblems } from "./config/schema-problems.ts";
import { suggestionProblems, toSuggestionRules } from "./config/suggestion-rules.ts";
import { type WebhookSettings, webhookSettings } from "./config/webhook-settings.ts";

/** A configuration that was found sound as a whole. */
export interface Config extends ControllerSettings {
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly policies: readonly OperationPolicy[];
  /** May services register operations that the file lacks? */
  readonly allowsRegistration: boolean;
  /** The operations among the policies that services have registered; absent before they were added, and where there are none. */
  readonly registered?: readonly OperationKey[];
  /** The components that report their operations instead of being scraped. */
  readonly reportedComponents: ReportedComponents;
  /** What is suggested when the same is said about an entity again and again. */
  readonly suggestions: readonly SuggestionRule[];
  /** What alerts do; the first that fits counts. */
  readonly alerts: readonly AlertRule[];
  /** Who is told what was decided. */
  readonly webhooks: readonly WebhookSettings[];
  /** Absent before the modules of strategies were loaded, and where there are none. */
  readonly ownStrategies?: OwnStrategies;
}

/**
 * Reads, checks and completes a configuration file.
 *
 * @throws {ConfigError} with every problem, when there is any.
 */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv): Config {
  const path = resolve(file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(path, [{ path: [], message: unreadable(path, error) }]);
  }
  return parseConfig(text, path, environment);
}

/**
 * Checks and completes the text of a configuration file.
 *
 * @param file Absolute path; relative paths in the text start at its folder.
 * @throws {ConfigError} with every problem, when there is any.
 */
export function parseConfig(text: string, file: string, environment: NodeJS.ProcessEnv): Config {
  const yaml = readYaml(text);
  if ("problems" in yaml) throw new ConfigError(file, yaml.problems);
  if (yaml.value === null || yaml.value === undefined) {
    throw new ConfigError(file, [{ path: [], message: 'is empty; "trimtab init" writes a file to start from' }]);
  }
  const { value, variableAt } = applyEnvironment(yaml.value, environment);
  const structural = schemaProblems(configFileSchema, value);
  const problems = [...structural, ...meaningProblems(value, structural)];
  const settings = controllerSettings(withoutBrokenSettings(value, structural), dirname(file), environment, problems);
  const sound = <Key extends "webhooks" | "alerts">(key: Key): ConfigFile[Key] =>
    structural.some(({ path }) => path.length === 0 || path[0] === key) ? undefined : (value as ConfigFile)[key];
  const webhooks = webhookSettings(sound("webhooks"), dirname(file), environment, problems);
  const alerts = alertRules(sound("alerts"), problems);
  if (structural.length === 0)
    problems.push(...suggestionProblems((value as ConfigFile).suggestions ?? [], member(value, "components")));
  if (problems.length === 0 && settings !== undefined)
    return {
      file,
      ...settings,
      policies: toPolicies(value as ConfigFile),
      allowsRegistration: ((value as ConfigFile).registration ?? DEFAULTS.registration) === "allow",
      reportedComponents: toReportedComponents(value as ConfigFile),
      suggestions: toSuggestionRules(value as ConfigFile),
      webhooks,
      alerts,
    };
  throw new ConfigError(
    file,
    problems
      .map((problem): FileProblem => {
        const variable = variableAt(problem.path);
        if (variable !== undefined) return { path: [variable], message: problem.message };
        const line = yaml.lineOf(problem.path);
        return line === undefined ? problem : { ...problem, line };
      })
      .sort((left, right) => (left.line ?? 0) - (right.line ?? 0)),
  );
}

function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return `is not there (${path}); "trimtab init" writes one, and --config names another`;
  if (code === "EISDIR") return `is a folder (${path}); name the file itself`;
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** What is wrong beyond the structure, also in the sound parts of a file whose structure is wrong elsewhere. */
function meaningProblems(value: unknown, structural: readonly Problem[]): Problem[] {
  const components = member(value, "components");
  if (!isRecord(components)) return [];
  const problems = [...nameProblems(components), ...reportingProblems(value, components)];
  let operationCount = 0;
  for (const [component, section] of Object.entries(components)) {
    const operations = member(section, "operations");
    if (!isRecord(operations)) continue;
    for (const [operation, written] of Object.entries(operations)) {
      operationCount++;
      const place = ["components", component, "operations", operation];
      const broken = structural
        .map(({ path }) => path)
        .filter((path) => startsWith(path, place))
        .map((path) => path.slice(place.length));
      if (!isRecord(written) || broken.some((path) => path.length === 0)) continue;
      const sound = withoutBroken(written, broken) as OperationSection;
      for (const problem of operationProblems(component, operation, sound)) {
        const consequence = broken.some(
          (path) => startsWith(path, problem.path) || startsWith(problem.path, removed(path)),
        );
        if (!consequence) problems.push({ path: [...place, ...problem.path], message: problem.message });
      }
    }
  }
  if (operationCount === 0 && structural.length === 0 && member(value, "registration") !== "allow") {
    problems.push({
      path: ["components"],
      message: 'declares no operation; "trimtab init" writes the ones that it sees',
    });
  }
  return problems;
}

/** A parameter without one of these is none; whatever else is broken in it hides nothing of what the others mean. */
const VITAL_FIELDS: readonly unknown[] = ["type", "base", "min", "max", "choices"];

/** What is left out of an operation because of a broken place in it: a field, a single parameter, else a whole key. */
function removed(broken: Problem["path"]): Problem["path"] {
  if (broken[0] === "parameters")
    return broken.slice(0, broken.length > 2 && !VITAL_FIELDS.includes(broken[2]) ? 3 : 2);
  return broken.slice(0, broken[0] === "constraints" ? 2 : 1);
}

/** Stands where a broken one stood. */
const ANY_CONSTRAINT = "success_rate >= 0.5";

function withoutBroken(
  section: Readonly<Record<string, unknown>>,
  broken: readonly Problem["path"][],
): Record<string, unknown> {
  const sound = structuredClone(section) as Record<string, unknown>;
  for (const path of broken) {
    const [first, second, third] = removed(path).map(String);
    const inner = sound[String(first)];
    if (first === "constraints" && second !== undefined && Array.isArray(inner)) {
      inner[Number(second)] = ANY_CONSTRAINT; // the others keep their index
      continue;
    }
    const parameter = second !== undefined && isRecord(inner) ? inner[second] : undefined;
    if (third !== undefined && isRecord(parameter)) delete parameter[third];
    else if (second !== undefined && isRecord(inner)) delete inner[second];
    else delete sound[String(first)];
  }
  return sound;
}

function startsWith(path: Problem["path"], beginning: Problem["path"]): boolean {
  return beginning.every((segment, index) => path[index] === segment);
}
