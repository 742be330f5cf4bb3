/** A stand-in on a free port for tests, and the providers that ask it. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Provider, readProviders } from "./providers.ts";
import { STAND_IN_PROVIDERS, type StandInProvider } from "./stand-in/catalogue.ts";
import { createStandIn } from "./stand-in/server.ts";

/** No secret: what is looked for where it must not be. */
export const TEST_KEY = "sk-secret-4711";

const AT_ONCE = { firstTokenMilliseconds: 0, millisecondsPerToken: 0, spread: 0, contextTokens: 2000 };

/** A provider with the models of the catalogue that answers at once and never fails, but as it is told. */
function calm(name: string, changes: Partial<StandInProvider> = {}): StandInProvider {
  const names = Object.keys(STAND_IN_PROVIDERS[name]?.models ?? {});
  return {
    models: Object.fromEntries(names.map((model) => [model, AT_ONCE])),
    requestsPerSecond: 1_000_000,
    crowdedRatio: 0,
    serverErrorRatio: 0,
    hangRatio: 0,
    ...changes,
  };
}

/** A stand-in in this process. */
export interface TestStandIn {
  readonly url: string;
  /** The providers that were asked, in their order. */
  readonly asked: readonly string[];
  close(): void;
}

/** @param changes Of a provider, by its name. */
export async function startTestStandIn(
  changes: Readonly<Record<string, Partial<StandInProvider>>> = {},
): Promise<TestStandIn> {
  const providers = Object.fromEntries(
    Object.keys(STAND_IN_PROVIDERS).map((name) => [name, calm(name, changes[name])]),
  );
  const server = createStandIn({ seed: 1, providers });
  const asked: string[] = [];
  server.on("request", ({ url }) => asked.push(url?.split("/")[1] ?? ""));
  return { url: await listen(server), asked, close: () => closeServer(server) };
}

/** Lets a server listen on a free port. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a server and whatever it still answers. */
export function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** The providers of providers.yaml, at this address. */
export function providersAt(url: string): readonly Provider[] {
  const addresses = Object.keys(STAND_IN_PROVIDERS).map((name) => [
    `LLM_${name.toUpperCase()}_BASE_URL`,
    `${url}/${name}/v1`,
  ]);
  return readProviders({ ...Object.fromEntries(addresses), LLM_API_KEY: TEST_KEY });
}
