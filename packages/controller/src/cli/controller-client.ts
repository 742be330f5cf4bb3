/** The controller's HTTP interface, as the commands use it. */
import { existsSync } from "node:fs";
import { ConfigError } from "../config/config-error.ts";
import { DEFAULTS } from "../config/defaults.ts";
import { originOf, parseListenAddress } from "../config/listen-address.ts";
import { CommandFailure, type OptionDescription, UsageError } from "./command.ts";
import { configFileOf, configOption } from "./config-option.ts";

/** Options of every command that asks a controller. */
export const controllerOptions: { readonly url: OptionDescription; readonly config: OptionDescription } = {
  url: {
    type: "string",
    value: "URL",
    description:
      "the controller; else TRIMTAB_CONTROLLER_URL, else the address in the configuration. TRIMTAB_TOKEN holds a token",
  },
  ...configOption,
};

/** What a controller answered. */
type Answer<Body> = { readonly status: number; readonly body: Body };

/** A controller's interface. */
export interface ControllerClient {
  readonly url: string;
  /** @throws {CommandFailure} when nobody answers, or with anything but JSON. */
  get<Body>(path: string): Promise<Answer<Body>>;
  /** @throws {CommandFailure} when nobody answers, or with anything but JSON. */
  post<Body>(path: string, body: object): Promise<Answer<Body>>;
  /** @throws {CommandFailure} also for an error that the controller answers. */
  require<Body>(path: string): Promise<Body>;
  /** Asks for a change. @throws {CommandFailure} also where it is refused. */
  send<Body>(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Body>;
}

const TIMEOUT_MILLISECONDS = 10_000;

/** The controller that options, environment or configuration name. */
export async function controllerClient(
  options: Readonly<Record<string, string | boolean | undefined>>,
  environment: NodeJS.ProcessEnv,
): Promise<ControllerClient> {
  const url = await addressOf(options, environment);
  const token = environment["TRIMTAB_TOKEN"];
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const ask = async <Body>(path: string, init: RequestInit = {}): Promise<Answer<Body>> => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}${path}`, {
        ...init,
        headers: { ...headers, ...(init.body === undefined ? {} : { "content-type": "application/json" }) },
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      text = await response.text();
    } catch (error) {
      throw new CommandFailure(
        `No controller answers at ${url} (${causeOf(error)}).\n"trimtab serve" starts one; --url names another address.`,
      );
    }
    try {
      return { status: response.status, body: JSON.parse(text) as Body };
    } catch {
      throw new CommandFailure(
        `What answers at ${url} is no Trimtab controller: ${path} gave HTTP ${response.status} without JSON.\n--url names another address.`,
      );
    }
  };
  const needed = <Body>({ status, body }: Answer<Body & { detail?: string; remedy?: string }>, role: string): Body => {
    if (status < 400) return body;
    const hint = status === 401 ? `Put a token with the role ${role} into TRIMTAB_TOKEN.` : (body.remedy ?? "");
    throw new CommandFailure(`${body.detail ?? `HTTP ${status}`}\n${hint}`.trimEnd());
  };
  return {
    url,
    get: (path) => ask(path),
    post: (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) }),
    require: async (path) => needed(await ask(path), "read"),
    send: async (method, path, body) =>
      needed(await ask(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }), "operate"),
  };
}

async function addressOf(
  options: Readonly<Record<string, string | boolean | undefined>>,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const given = options["url"] ?? environment["TRIMTAB_CONTROLLER_URL"];
  if (typeof given === "string" && given !== "") {
    if (!URL.canParse(given) || !/^https?:/.test(given))
      throw new UsageError(`"${given}" is no URL; write it whole, such as http://127.0.0.1:4600`);
    return given.replace(/\/+$/, "");
  }
  const file = configFileOf(options, environment);
  if (existsSync(file)) {
    try {
      const { loadConfig } = await import("../config.ts");
      return originOf(loadConfig(file, environment).listen);
    } catch (error) {
      // The controller may be running with an older, good version of the file.
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  const listen = parseListenAddress(environment["TRIMTAB_LISTEN"] ?? DEFAULTS.listen);
  return "problem" in listen ? `http://${DEFAULTS.listen}` : originOf(listen);
}

function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${TIMEOUT_MILLISECONDS / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED") return "connection refused";
  return cause instanceof Error ? cause.message : String(cause);
}
