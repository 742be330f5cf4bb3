/** A module's configuration: the keys of its own schema and the three that every module has; anything else is refused. */
import { suggestName } from "@trimtab/learning";
import { z } from "zod";
import { ModuleConfigurationError } from "./errors.ts";

/** How much is recorded of each run. */
export type MetricsCollectionLevel = "minimal" | "standard" | "comprehensive";

/** What every module's configuration has beside its own keys. */
export interface ModuleSettings {
  /** Are adapted parameters used, and is feedback learnt from? Off: base values, and everything is recorded only. Default true. */
  readonly enableAdaptation: boolean;
  /** An adaptation with less confidence than this, 0 to 1, is only a suggestion; reached counts. Default 0.7. */
  readonly adaptationThreshold: number;
  /**
   * `minimal`: counts and sums. `standard`: and each run by itself, with its context. `comprehensive`: and its metadata, and what the
   * process used meanwhile. Default `standard`.
   */
  readonly metricsCollectionLevel: MetricsCollectionLevel;
}

/** A configuration as it is given. */
export type ConfigInput<ConfigSchema extends z.ZodObject> = z.input<ConfigSchema> & Partial<ModuleSettings>;

const SETTINGS = {
  enableAdaptation: z.boolean().default(true),
  adaptationThreshold: z.number().min(0).max(1).default(0.7),
  metricsCollectionLevel: z.enum(["minimal", "standard", "comprehensive"]).default("standard"),
};
const settingsSchema = z.object(SETTINGS);

/** The names that a schema of a module's own cannot have. */
export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS);

/** A configuration that was read, and which of the three settings somebody wrote. */
export interface ReadConfiguration<Config> {
  readonly config: Config & ModuleSettings;
  readonly given: ReadonlySet<string>;
}

/**
 * Reads a configuration.
 *
 * @throws {ModuleConfigurationError} that names every problem, and for an unknown key the nearest known one.
 */
export function readConfiguration<ConfigSchema extends z.ZodObject>(
  name: string,
  schema: ConfigSchema | undefined,
  input: unknown,
): ReadConfiguration<z.output<ConfigSchema>> {
  const given: unknown = input ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new ModuleConfigurationError(`the configuration of module "${name}" is ${described(given)}; write an object`);
  }
  const entries = Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const settings = settingsSchema.safeParse(Object.fromEntries(entries.filter(([key]) => SETTING_NAMES.includes(key))));
  const ownKeys = Object.keys(schema?.shape ?? {});
  const known = [...ownKeys, ...SETTING_NAMES];
  const unknown = entries.flatMap(([key]) => (known.includes(key) ? [] : [key]));
  const ownEntries = entries.filter(([key]) => ownKeys.includes(key));
  const own = (schema ?? z.object({})).safeParse(Object.fromEntries(ownEntries));
  const problems = [
    ...problemsOf(own.error, given),
    ...problemsOf(settings.error, given),
    ...unknown.map((key) => `${key} is not known; ${suggestName(key, known)}`),
  ];
  if (own.success && settings.success && problems.length === 0) {
    const config = { ...own.data, ...settings.data } as z.output<ConfigSchema> & ModuleSettings;
    Object.freeze(config);
    return { config, given: new Set(entries.map(([key]) => key)) };
  }
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw new ModuleConfigurationError(
    `the configuration of module "${name}" has ${count}:\n${problems.map((text) => `  ${text}`).join("\n")}`,
    { cause: own.error ?? settings.error },
  );
}

/** Every issue as one line: where, what, and which value. */
export function problemsOf(error: z.ZodError | undefined, input: unknown): string[] {
  return (error?.issues ?? []).map((issue) => {
    const path = issue.path.map(String).join(".");
    const value = issue.path.reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
      input,
    );
    const shown = value === undefined ? "is missing" : `is ${described(value)}`;
    return `${path === "" ? "it" : path} ${shown}: ${lowerFirst(issue.message)}`;
  });
}

function described(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
