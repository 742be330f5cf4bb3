/** The providers: models and prices from providers.yaml, addresses and keys from the environment. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import type { Endpoint } from "./client/chat-client.ts";

/** A model that may be asked. */
export interface OfferedModel {
  /** As the parameter `model` names it, e.g. `aurora/large`. */
  readonly choice: string;
  /** As the endpoint calls it. */
  readonly name: string;
  readonly usdPerMillionTokens: { readonly input: number; readonly output: number };
}

/** A provider that may be asked. */
export interface Provider {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly models: readonly OfferedModel[];
  /** Answers when a request comes over from another provider. */
  readonly standby: OfferedModel;
}

/** The environment or providers.yaml does not say what is needed. Its message holds no key. */
export class ProvidersError extends Error {
  override readonly name = "ProvidersError";
}

const price = z.number().min(0);
const modelSchema = z.strictObject({
  name: z.string().min(1),
  usdPerMillionTokens: z.strictObject({ input: price, output: price }),
});
const fileSchema = z.record(
  z.string().regex(/^[a-z][a-z0-9_]*$/, "names of providers have lower-case letters, digits and _"),
  z.strictObject({ standby: z.string(), models: z.record(z.string(), modelSchema) }),
);

/** Where providers.yaml is. */
const PROVIDERS_FILE: string = fileURLToPath(new URL("../providers.yaml", import.meta.url));

/**
 * Reads the providers.
 *
 * Each provider's address is `LLM_<NAME>_BASE_URL`, else `LLM_BASE_URL`; its key `LLM_<NAME>_API_KEY`, else `LLM_API_KEY`.
 * `LLM_MODELS` gives models other names: `aurora/large=my-large,cirrus/mini=my-mini`.
 *
 * @throws {ProvidersError} with every problem.
 */
export function readProviders(
  environment: Readonly<Record<string, string | undefined>>,
  file: string = PROVIDERS_FILE,
): readonly Provider[] {
  const parsed = fileSchema.safeParse(parse(readFileSync(file, "utf8")));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
    throw new ProvidersError(`${file} cannot be used:\n${problems.join("\n")}`);
  }
  const problems: string[] = [];
  const names = namesFrom(environment["LLM_MODELS"] ?? "", problems);
  const known = new Set(Object.values(parsed.data).flatMap(({ models }) => Object.keys(models)));
  for (const choice of names.keys()) {
    if (!known.has(choice)) problems.push(`LLM_MODELS names "${choice}", which is none of ${[...known].join(", ")}`);
  }
  const providers = Object.entries(parsed.data).flatMap(([name, { standby, models }]): Provider[] => {
    const offered = Object.entries(models).map(
      ([choice, model]): OfferedModel => ({
        choice,
        name: names.get(choice) ?? model.name,
        usdPerMillionTokens: model.usdPerMillionTokens,
      }),
    );
    const found = offered.find(({ choice }) => choice === standby);
    if (found === undefined) problems.push(`${name}: its standby "${standby}" is none of its models`);
    const endpoint = endpointOf(name, environment, problems);
    return found === undefined || endpoint === undefined ? [] : [{ name, endpoint, models: offered, standby: found }];
  });
  if (problems.length > 0) throw new ProvidersError(`The providers cannot be used:\n  ${problems.join("\n  ")}`);
  return providers;
}

function endpointOf(
  provider: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Endpoint | undefined {
  const own = `LLM_${provider.toUpperCase()}`;
  const valueOf = (ending: string): string => environment[own + ending] || environment[`LLM${ending}`] || "";
  const baseUrl = valueOf("_BASE_URL").replace(/\/+$/, "");
  const apiKey = valueOf("_API_KEY");
  const isAddress = URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol);
  if (!isAddress) {
    problems.push(`${provider}: set ${own}_BASE_URL or LLM_BASE_URL to an address such as https://api.example.com/v1`);
  } else if (new URL(baseUrl).username !== "") {
    problems.push(`${provider}: its address holds a user's name; keys belong into ${own}_API_KEY or LLM_API_KEY`);
  }
  // Another character would be refused by fetch, in an error that quotes the key.
  if (!/^[\u0021-\u007E]+$/.test(apiKey)) {
    problems.push(`${provider}: set ${own}_API_KEY or LLM_API_KEY to a key of visible characters without spaces`);
  }
  return isAddress ? { provider, baseUrl, apiKey } : undefined;
}

function namesFrom(text: string, problems: string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const [choice = "", name = ""] = pair.split("=", 2).map((part) => part.trim());
    if (choice === "" || name === "") problems.push(`LLM_MODELS: "${pair.trim()}" is not of the form choice=name`);
    else names.set(choice, name);
  }
  return names;
}

/** What an answer costs, in US dollars. */
export function costInUsd(
  { usdPerMillionTokens }: OfferedModel,
  tokens: { readonly input: number; readonly output: number },
): number {
  return (tokens.input * usdPerMillionTokens.input + tokens.output * usdPerMillionTokens.output) / 1e6;
}
