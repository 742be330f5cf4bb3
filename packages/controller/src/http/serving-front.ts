/**
 * The first listener of every request. What services ask again and again is answered here, on node:http; all else, and everything that
 * is not plainly in order, goes to express, which knows the same addresses and says what is wrong.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { parse } from "node:querystring";
import type { Context } from "@trimtab/conventions";
import { type OfrepDependencies, OfrepListener } from "./ofrep-listener.ts";
import { parametersText, sendDocument, sendParameters } from "./parameter-answers.ts";
import { RememberedAuthorization } from "./remembered-authorization.ts";
import { admit, observe, requestIdOf } from "./request-gate.ts";
import { wantsEventStream } from "./stream-answers.ts";

const ALLOCATIONS = "/v1/allocations?component=";
const PARAMETERS = "/v1/parameters/";

/** The listener of a server. */
export function servingFront(dependencies: OfrepDependencies, express: RequestListener): RequestListener {
  const authorization = new RememberedAuthorization(dependencies, dependencies.serving.streamSecret);
  const ofrep = new OfrepListener(dependencies, authorization);
  const quick = new QuickAnswers(dependencies, authorization);
  return (request, response) => {
    const url = request.url ?? "";
    if (OfrepListener.serves(url)) ofrep.listen(request, response);
    else if (!quick.answer(request, response, url)) express(request, response);
  };
}

/** Answers that need no express. Each method says whether it has answered; where it has not, nothing has happened. */
class QuickAnswers {
  readonly #dependencies: OfrepDependencies;
  readonly #authorization: RememberedAuthorization;

  constructor(dependencies: OfrepDependencies, authorization: RememberedAuthorization) {
    this.#dependencies = dependencies;
    this.#authorization = authorization;
  }

  answer(request: IncomingMessage, response: ServerResponse, url: string): boolean {
    if (request.method !== "GET" || !this.#isInOrder(request)) return false;
    if (url.startsWith(ALLOCATIONS)) return this.#allocations(request, response, url.slice(ALLOCATIONS.length));
    return url.startsWith(PARAMETERS) && this.#parameters(request, response, url.slice(PARAMETERS.length));
  }

  #isInOrder({ headers }: IncomingMessage): boolean {
    return headers["content-length"] === undefined && headers["transfer-encoding"] === undefined;
  }

  #allocations(request: IncomingMessage, response: ServerResponse, text: string): boolean {
    if (wantsEventStream(request)) return false;
    const component = decoded(text);
    if (component === undefined || text.includes("&") || text.includes("+") || !this.#isAllowed(request)) return false;
    const served = this.#dependencies.serving.watch.document(component);
    if (served === undefined) return false;
    const id = this.#begin(request, response, "/v1/allocations");
    sendDocument(response, served, request.headers["if-none-match"], id);
    return true;
  }

  #parameters(request: IncomingMessage, response: ServerResponse, text: string): boolean {
    const [path = "", query, ...more] = text.split("?");
    const [component, operation, ...deeper] = path.split("/").map(decoded);
    if (!component || !operation || deeper.length > 0 || more.length > 0) return false;
    const asked = query === undefined ? { context: {}, key: undefined } : questionOf(query);
    if (asked === undefined || !this.#isAllowed(request)) return false;
    const { serving } = this.#dependencies;
    const answer = parametersText(serving, component, operation, asked.context, asked.key);
    if (answer === undefined) return false;
    sendParameters(response, answer, this.#begin(request, response, "/v1/parameters/{component}/{operation}"));
    return true;
  }

  #isAllowed(request: IncomingMessage): boolean {
    try {
      admit(request, this.#dependencies);
      this.#authorization.check(request);
      return true;
    } catch {
      return false;
    }
  }

  #begin(request: IncomingMessage, response: ServerResponse, route: string): string {
    const id = requestIdOf(request);
    observe(request, response, id, this.#dependencies, () => route);
    return id;
  }
}

function questionOf(query: string): { readonly context: Context; readonly key: string | undefined } | undefined {
  const context: Record<string, string> = {};
  let key: string | undefined;
  for (const [name, value] of Object.entries(parse(query))) {
    if (typeof value !== "string") return undefined;
    if (name === "key" && value !== "") key = value;
    else if (!name.startsWith("ctx.")) return undefined;
    else if (value !== "") context[name.slice("ctx.".length)] = value;
  }
  return { context, key };
}

function decoded(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
