/**
 * Where the rules come from: one file, and environment variables for what is said in a word. The file is JSON with comments, because
 * Node reads it without a further package, and at once: `--require` waits for nobody.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeError } from "../own-failure.ts";
import type { Environment } from "../register-options.ts";
import { parseCommentedJson } from "./commented-json.ts";
import { checkConfiguration, type FunctionRule, type ZeroCodeConfiguration } from "./configuration.ts";

/** The file that is read where it exists and nobody names another. */
const DEFAULT_FILE = "trimtab.instrumentation.json";

/** What was read, and what of it cannot be used. */
export interface ReadConfiguration {
  readonly configuration: ZeroCodeConfiguration;
  readonly warnings: readonly string[];
}

/**
 * Reads the rules. Never fails: what cannot be used is told, and the rest holds.
 *
 * @param folder Where the service runs; paths of the file are meant from here.
 */
export function readConfiguration(environment: Environment, folder: string): ReadConfiguration {
  const warnings: string[] = [];
  const document = readDocument(environment, folder, warnings);
  const { configuration, problems } = checkConfiguration(document?.value ?? {});
  for (const problem of problems) warnings.push(`${document?.name ?? DEFAULT_FILE}: ${problem}; it is left out`);
  return { configuration: withEnvironment(configuration, environment, warnings), warnings };
}

interface Document {
  readonly name: string;
  readonly value: unknown;
}

function readDocument(environment: Environment, folder: string, warnings: string[]): Document | undefined {
  const given = environment["TRIMTAB_INSTRUMENTATION_CONFIG"]?.trim() || undefined;
  const isText = given?.startsWith("{") === true;
  const name = isText ? "TRIMTAB_INSTRUMENTATION_CONFIG" : (given ?? DEFAULT_FILE);
  try {
    const text = isText ? (given ?? "") : readFileSync(resolve(folder, name), "utf8");
    return { name, value: parseCommentedJson(text) };
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    if (!isAbsent || given !== undefined) {
      warnings.push(`${name} cannot be used, so none of its rules hold: ${describeError(error)}`);
    }
    return undefined;
  }
}

/** What the environment says wins: it is closer to the process. */
function withEnvironment(
  configuration: ZeroCodeConfiguration,
  environment: Environment,
  warnings: string[],
): ZeroCodeConfiguration {
  const http = environment["TRIMTAB_HTTP_OPERATIONS"]?.trim().toLowerCase();
  const isOn = ["on", "true", "1", "yes"].includes(http ?? "");
  if (http !== undefined && http !== "" && !isOn && !["off", "false", "0", "no"].includes(http)) {
    warnings.push(`TRIMTAB_HTTP_OPERATIONS="${http}" is ignored; write on or off`);
  }
  const isSaid = isOn || ["off", "false", "0", "no"].includes(http ?? "");
  return {
    ...configuration,
    ...(isSaid ? { http: { ...configuration.http, server: isOn } } : {}),
    spans: { ...configuration.spans, ...spanKinds(environment["TRIMTAB_SPAN_OPERATIONS"], warnings) },
    functions: [
      ...(configuration.functions ?? []),
      ...functionsIn(environment["TRIMTAB_FUNCTION_OPERATIONS"], warnings),
    ],
  };
}

const SPAN_KINDS = { http: "http", database: "database", messaging: "messaging", gen_ai: "genAi" } as const;

function spanKinds(names: string | undefined, warnings: string[]): Record<string, boolean> {
  const kinds: Record<string, boolean> = {};
  for (const name of parts(names)) {
    const kind = SPAN_KINDS[name as keyof typeof SPAN_KINDS];
    if (kind !== undefined) kinds[kind] = true;
    else warnings.push(`TRIMTAB_SPAN_OPERATIONS="${name}" is ignored; write ${Object.keys(SPAN_KINDS).join(", ")}`);
  }
  return kinds;
}

/** `./src/render.js#renderPage=render_page`, several with commas. */
function functionsIn(rules: string | undefined, warnings: string[]): readonly FunctionRule[] {
  return parts(rules).flatMap((rule) => {
    const [, module, name, operation] = /^([^#]+)#([^=]+)=(.+)$/.exec(rule) ?? [];
    const { configuration, problems } = checkConfiguration({
      functions: [{ module: module ?? "", function: name ?? "", operation: operation ?? "" }],
    });
    if (problems.length > 0) {
      warnings.push(
        `TRIMTAB_FUNCTION_OPERATIONS="${rule}" is ignored; write such as "./src/render.js#renderPage=render_page"`,
      );
    }
    return configuration.functions ?? [];
  });
}

function parts(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
