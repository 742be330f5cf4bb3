/**
 * A server that speaks the chat-completions interface of OpenAI and has no model: what it answers is invented (quality-surface.ts,
 * songwriter.ts), how fast and how reliably too (catalogue.ts, failures.ts). Each provider has its own base URL, `/<provider>/v1`.
 *
 * The n-th request with the same content gets the same answer from the same seed; crowded times are a function of the time since the start.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { STAND_IN_PROVIDERS, type StandInProvider } from "./catalogue.ts";
import { type ApiProblem, contextTooLong, invalidRequest, readChatRequest, tokensIn } from "./chat-request.ts";
import { closing, sendJson, sendSong } from "./completion.ts";
import { ProviderFailures } from "./failures.ts";
import { draws } from "./seeded.ts";

/** How the stand-in is set up. */
export interface StandInOptions {
  readonly seed: number;
  /** Default: those of the catalogue. */
  readonly providers?: Readonly<Record<string, StandInProvider>>;
  /** Milliseconds since some start. Default: since this call. */
  readonly now?: () => number;
}

/** A request that hangs is let go after so long. */
const HANG_MILLISECONDS = 20_000;

/** The server; it does not listen yet. */
export function createStandIn({ seed, providers = STAND_IN_PROVIDERS, now }: StandInOptions): Server {
  const startedAt = performance.now();
  const standIn = new StandIn(seed, providers, now ?? (() => performance.now() - startedAt));
  return createServer((request, response) => {
    standIn.answer(request, response).catch(() => response.destroy()); // the client has gone
  });
}

class StandIn {
  readonly #seed: number;
  readonly #providers: ReadonlyMap<string, { readonly provider: StandInProvider; readonly failures: ProviderFailures }>;
  readonly #now: () => number;
  /** How often a request was made with the same content. */
  readonly #repetitions = new Map<string, number>();
  #served = 0;

  constructor(seed: number, providers: Readonly<Record<string, StandInProvider>>, now: () => number) {
    this.#seed = seed;
    this.#now = now;
    this.#providers = new Map(
      Object.entries(providers).map(([name, provider]) => [
        name,
        { provider, failures: new ProviderFailures(name, provider, seed) },
      ]),
    );
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = `req_${++this.#served}`;
    response.setHeader("x-request-id", requestId);
    const [, name = "", version, ...rest] = (request.url ?? "").split("?", 1)[0]?.split("/") ?? [];
    if (name === "healthz") return sendJson(response, 200, { ok: true });
    const found = version === "v1" ? this.#providers.get(name) : undefined;
    const path = rest.join("/");
    if (found === undefined || !["models", "chat/completions"].includes(path)) {
      return sendProblem(response, notFound(`Unknown request URL: ${request.method} ${request.url}.`));
    }
    if (!/^Bearer \S/.test(request.headers.authorization ?? "")) {
      const message = "You didn't provide an API key in an Authorization header (Authorization: Bearer KEY).";
      return sendProblem(response, {
        status: 401,
        error: { message, type: "invalid_request_error", param: null, code: "invalid_api_key" },
      });
    }
    if (path === "models") {
      const data = Object.keys(found.provider.models).map((id) => ({
        id,
        object: "model",
        created: 0,
        owned_by: name,
      }));
      return sendJson(response, 200, { object: "list", data });
    }
    if (request.method !== "POST")
      return sendProblem(response, { ...notFound(`Not allowed: ${request.method} ${request.url}.`), status: 405 });
    await this.#complete({ request, response, name, requestId, ...found });
  }

  async #complete({ request, response, name, requestId, provider, failures }: Asked): Promise<void> {
    const body = await text(request);
    const read = readChatRequest(body);
    if ("problem" in read) return sendProblem(response, read.problem);
    const chat = read.request;
    const model = Object.hasOwn(provider.models, chat.model) ? provider.models[chat.model] : undefined;
    if (model === undefined) {
      return sendProblem(response, notFound(`The model \`${chat.model}\` does not exist.`, "model", "model_not_found"));
    }
    const promptTokens = tokensIn(chat.prompt);
    if (promptTokens >= model.contextTokens)
      return sendProblem(response, contextTooLong(model.contextTokens, promptTokens));
    const repetition = (this.#repetitions.get(body) ?? 0) + 1;
    this.#repetitions.set(body, repetition);
    const draw = draws(this.#seed, name, repetition, body);
    const now = this.#now();
    const fate = failures.fateOf(now, draw);
    response.setHeader("x-ratelimit-limit-requests", provider.requestsPerSecond);
    response.setHeader("x-ratelimit-remaining-requests", failures.remaining(now));
    if (fate.kind === "rate-limited") {
      response.setHeader("retry-after", Math.ceil(fate.retryAfterMilliseconds / 1000));
      response.setHeader("retry-after-ms", fate.retryAfterMilliseconds);
      const message = `Rate limit reached for ${chat.model}. Please try again in ${fate.retryAfterMilliseconds}ms.`;
      const error = { message, type: "requests", param: null, code: "rate_limit_exceeded" };
      return sendProblem(response, { status: 429, error });
    }
    if (fate.kind === "server-error") {
      const message = `The server had an error while processing your request (request id ${requestId}).`;
      return sendProblem(response, { status: 500, error: { message, type: "server_error", param: null, code: null } });
    }
    if (fate.kind === "hangs") {
      await wait(HANG_MILLISECONDS, undefined, { signal: closing(response) }).catch(() => {});
      response.destroy();
      return;
    }
    await sendSong(response, { chat, model, requestId, promptTokens, draw });
  }
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly name: string;
  readonly requestId: string;
  readonly provider: StandInProvider;
  readonly failures: ProviderFailures;
}

function notFound(message: string, param: string | null = null, code: string | null = null): ApiProblem {
  return { ...invalidRequest(message, param, code), status: 404 };
}

function sendProblem(response: ServerResponse, { status, error }: ApiProblem): void {
  sendJson(response, status, { error });
}
