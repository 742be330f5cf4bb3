/**
 * The OpenFeature Remote Evaluation Protocol 0.3.0 on node:http, ahead of express: an evaluation costs little more than the exchange
 * itself. It passes the same gate as every other request; its errors are the protocol's.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { EvaluationError, parseEvaluation } from "../serving/evaluation-context.ts";
import type { FlagSelection, ServedFlag } from "../serving/flag-selection.ts";
import { type BulkFrame, bulkQuestion, evaluateAll, evaluateFlag } from "../serving/remote-evaluation.ts";
import { CAPABILITY_LIFE_MILLISECONDS, capabilityEnd, signCapability } from "../serving/stream-capability.ts";
import type { Authorize } from "./authentication.ts";
import { namesTag } from "./entity-tag.ts";
import { readJsonText } from "./ofrep-body.ts";
import { evaluationFailure } from "./ofrep-failure.ts";
import { FLAG_CHANGES_PATH, FLAGS_PATH } from "./ofrep-paths.ts";
import { admit, type GateDependencies, identify, observe } from "./request-gate.ts";
import type { Serving } from "./serving.ts";

/** What the protocol's routes need. */
export interface OfrepDependencies extends GateDependencies {
  readonly serving: Serving;
  readonly authorize: Authorize;
}

/** Which components' flags are asked for; the protocol has no place for it. */
const COMPONENT_HEADER = "Trimtab-Component";

/** A page that nobody looks at gives its stream back after so many seconds. */
const INACTIVITY_DELAY_SECONDS = 120;
/** A wrong key is compared with so many right ones at most. */
const MOST_COMPARED = 200;
const LONGEST_COMPARED = 200;

/** Answers requests of the protocol. */
export class OfrepListener {
  readonly #dependencies: OfrepDependencies;
  readonly #frames = new WeakMap<FlagSelection, BulkFrame & { readonly end: number; readonly secret: string }>();

  constructor(dependencies: OfrepDependencies) {
    this.#dependencies = dependencies;
  }

  /** Is the address one of the protocol's? */
  static serves(url: string): boolean {
    if (!url.startsWith(FLAGS_PATH)) return false;
    const next = url.charCodeAt(FLAGS_PATH.length);
    return Number.isNaN(next) || next === SLASH || next === QUESTION_MARK;
  }

  /** Answers one. */
  listen(request: IncomingMessage, response: ServerResponse): void {
    const { authorize } = this.#dependencies;
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const isBulk = path.length === FLAGS_PATH.length;
    const id = identify(request, response);
    observe(request, response, id, this.#dependencies, () => (isBulk ? FLAGS_PATH : `${FLAGS_PATH}/{key}`));
    let key: string | undefined;
    const fail = (error: unknown): void => this.#fail(request, response, error, key, id);
    try {
      if (!isBulk) key = keyOf(path);
      admit(request, this.#dependencies);
      if (request.method === "OPTIONS") return void response.writeHead(204, { Allow: ALLOWED }).end();
      if (request.method !== "POST")
        throw new ControllerError("METHOD_NOT_ALLOWED", `${path} does not know ${request.method}.`, {
          headers: { Allow: ALLOWED },
        });
      authorize(request.headers.authorization, "evaluate");
    } catch (error) {
      return fail(error);
    }
    readJsonText(
      request,
      (text) => {
        try {
          if (key === undefined) this.#answerAll(request, response, text);
          else this.#answerOne(request, response, key, text);
        } catch (error) {
          fail(error);
        }
      },
      fail,
    );
  }

  #answerOne(request: IncomingMessage, response: ServerResponse, key: string, text: string): void {
    const { selections, now, chance } = this.#dependencies.serving;
    const { flags } = selections.select(componentsOf(request));
    const flag = flags.get(key);
    const evaluation = parseEvaluation(text);
    if (flag === undefined) throw notFound(key, flags);
    send(response, 200, evaluateFlag(flag, evaluation, chance, now()), { "Cache-Control": "no-store" });
  }

  #answerAll(request: IncomingMessage, response: ServerResponse, text: string): void {
    const names = componentsOf(request);
    const frame = this.#frameOf(this.#dependencies.serving.selections.select(names), names !== undefined);
    const known = request.headers["if-none-match"];
    const question = bulkQuestion(frame, parseEvaluation(text), known);
    const headers = { ETag: question.etag, "Cache-Control": "no-cache" };
    if (namesTag(known, question.etag)) response.writeHead(304, headers).end();
    else send(response, 200, evaluateAll(frame, question), headers);
  }

  /** The address of the stream stands in the answer, so it lasts as long as the answer's tag. */
  #frameOf(selection: FlagSelection, isNarrowed: boolean): BulkFrame {
    const { streamSecret, now } = this.#dependencies.serving;
    const end = capabilityEnd(now());
    const secret = streamSecret();
    const made = this.#frames.get(selection);
    if (made?.end === end && made.secret === secret) return made;
    const components = isNarrowed ? selection.components : undefined;
    const capability = signCapability({ components, knownState: selection.id, expiresAt: end }, secret);
    const frame = {
      selection,
      streamPath: `${FLAG_CHANGES_PATH}?capability=${capability}`,
      inactivityDelaySeconds: INACTIVITY_DELAY_SECONDS,
      at: end - CAPABILITY_LIFE_MILLISECONDS,
      end,
      secret,
    };
    this.#frames.set(selection, frame);
    return frame;
  }

  #fail(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    key: string | undefined,
    requestId: string,
  ): void {
    const { status, body, headers, isUnexpected } = evaluationFailure(error, key, requestId);
    if (isUnexpected) this.#dependencies.log.error("request failed", { requestId, error });
    if (response.headersSent) return void response.destroy();
    // An unread body would be taken for the next request on the connection.
    const connection = request.complete || !bringsBody(request) ? {} : { Connection: "close" };
    const all = { "Cache-Control": "no-store", ...headers, ...connection };
    request.resume();
    if (body === undefined) response.writeHead(status, { ...all, "Content-Length": 0 }).end();
    else send(response, status, body, all);
  }
}

const ALLOWED = "POST, OPTIONS";
const SLASH = 47;
const QUESTION_MARK = 63;

/** Not every client encodes the key, so everything after the slash is it. */
function keyOf(path: string): string {
  const rest = path.slice(FLAGS_PATH.length + 1);
  try {
    return rest.includes("%") ? decodeURIComponent(rest) : rest;
  } catch {
    throw new EvaluationError("PARSE_ERROR", "The key in the address is not percent-encoded UTF-8.");
  }
}

function componentsOf({ headers }: IncomingMessage): string | undefined {
  const given = headers[COMPONENT_HEADER.toLowerCase()];
  return typeof given === "string" && given.trim() !== "" ? given : undefined;
}

function notFound(key: string, flags: ReadonlyMap<string, ServedFlag>): EvaluationError {
  const isComparable = key.length <= LONGEST_COMPARED && flags.size <= MOST_COMPARED;
  const hint = isComparable ? didYouMean(key, [...flags.keys()]) : "";
  const end = hint.endsWith("?") ? hint : "; write component.operation or component.operation.parameter.";
  return new EvaluationError("FLAG_NOT_FOUND", `There is no flag "${key.slice(0, LONGEST_COMPARED)}"${end}`);
}

function bringsBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>>): void {
  response
    .writeHead(status, {
      ...headers,
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
    })
    .end(body);
}
