/** Starts what the example consists of, one process after the other, each once the one that it needs is ready. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  answers,
  freePort,
  inTime,
  PARENT,
  type ProcessGroup,
  StartError,
  type StateFolder,
  serviceEnvironment,
} from "@trimtab/example-demonstration";
import { COMPONENT, writeControllerConfiguration } from "./configuration.ts";
import type { DemoOptions } from "./options.ts";
import { ProvidersError, readProviders } from "./providers.ts";
import { STAND_IN_PROVIDERS } from "./stand-in/catalogue.ts";

/** Everything runs. */
export interface Started {
  /** The stand-in's address; undefined where a real endpoint is asked. */
  readonly standInUrl: string | undefined;
  readonly controllerUrl: string;
  readonly metricsPage: string;
  /** The orchestrator's process; it tells its counts as messages, and takes `finish`. */
  readonly load: ChildProcess;
  readonly rate: number;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CONTROLLER = file("../../../packages/controller/src/cli/cli.ts");

/** At a real endpoint, where songs cost money. */
const CAREFUL = { rate: 0.2, budgetUsd: 1 };
const USUAL_RATE = 20;

/** Does the environment name a real endpoint? */
function namesRealEndpoint(environment: NodeJS.ProcessEnv): boolean {
  return Object.entries(environment).some(([name, value]) => /^LLM_([A-Z0-9_]+_)?BASE_URL$/.test(name) && value !== "");
}

/**
 * Stand-in (unless a real endpoint is named), orchestrator with its load, controller.
 *
 * @param signal Aborted when the end has come: nothing more is started then.
 * @throws {StartError} when one of them does not get ready; an AbortError when the end came first.
 */
export async function startProcesses(
  options: DemoOptions,
  state: StateFolder,
  group: ProcessGroup,
  signal: AbortSignal,
): Promise<Started> {
  const isReal = namesRealEndpoint(process.env);
  const rate = options.rate ?? (isReal ? CAREFUL.rate : USUAL_RATE);
  const budgetUsd = options.budgetUsd ?? (isReal ? CAREFUL.budgetUsd : undefined);
  const standInUrl = isReal ? undefined : await startStandIn(options.seed, group, signal);
  const addresses = standInUrl === undefined ? {} : standInEnvironment(standInUrl);
  try {
    readProviders({ ...process.env, ...addresses });
  } catch (error) {
    if (error instanceof ProvidersError) throw new StartError(error.message);
    throw error;
  }

  const port = options.port === 0 ? await freePort() : options.port;
  const controllerUrl = `http://127.0.0.1:${port}`;
  const metricsPort = await freePort();
  const metricsPage = `http://127.0.0.1:${metricsPort}/metrics`;
  writeControllerConfiguration(state.controllerConfiguration, {
    listen: `127.0.0.1:${port}`,
    storePath: state.store,
    metricsPage,
  });
  group.start({
    name: "controller",
    args: ["--import", PARENT, CONTROLLER, "serve", "--config", state.controllerConfiguration],
  });
  await inTime(group.logFile("controller"), answers(`${controllerUrl}/livez`, signal), signal);

  const load = group.start({
    name: "orchestrator",
    args: [
      "--import",
      "@trimtab/instrumentation/register",
      file("load.ts"),
      "--rate",
      String(rate),
      "--seed",
      String(options.seed),
      ...(budgetUsd === undefined ? [] : ["--budget", String(budgetUsd)]),
    ],
    environment: {
      ...addresses,
      ...serviceEnvironment({ component: COMPONENT, metricsPort, controllerUrl, cacheFolder: state.parameters }),
    },
  });
  await inTime(group.logFile("orchestrator"), once(load, "message", { signal }), signal);
  return { standInUrl, controllerUrl, metricsPage, load, rate };
}

async function startStandIn(seed: number, group: ProcessGroup, signal: AbortSignal): Promise<string> {
  const standIn = group.start({
    name: "stand-in",
    args: [file("stand-in/main.ts"), "--port", "0", "--seed", String(seed)],
  });
  const [ready] = (await inTime(group.logFile("stand-in"), once(standIn, "message", { signal }), signal)) as [
    { readonly url: string },
  ];
  return ready.url;
}

/** What a person would set for a real endpoint, for the stand-in. */
export function standInEnvironment(url: string): Record<string, string> {
  const variables = Object.keys(STAND_IN_PROVIDERS).flatMap((name) => [
    [`LLM_${name.toUpperCase()}_BASE_URL`, `${url}/${name}/v1`],
    [`LLM_${name.toUpperCase()}_API_KEY`, "stand-in"], // a person's real key is none of the stand-in's business
  ]);
  return { ...Object.fromEntries(variables), LLM_MODELS: "" };
}
