/**
 * The OpenFeature Remote Evaluation Protocol 0.3.0 on node:http, ahead of express: an evaluation costs little more than the exchange
 * itself. It passes the same gate as every other request; its errors are the protocol's.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogFields } from "@trimtab/engine";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { EvaluationError, parseEvaluation } from "../serving/evaluation-context.ts";
import type { FlagSelection, ServedFlag } from "../serving/flag-selection.ts";
import {
  type BulkFrame,
  type BulkQuestion,
  bulkQuestion,
  evaluateAll,
  evaluateFlag,
} from "../serving/remote-evaluation.ts";
import { CAPABILITY_LIFE_MILLISECONDS, capabilityEnd, signCapability } from "../serving/stream-capability.ts";
import { namesTag } from "./entity-tag.ts";
import { readJsonText } from "./ofrep-body.ts";
import { evaluationFailure } from "./ofrep-failure.ts";
import { FLAG_CHANGES_PATH, FLAGS_PATH } from "./ofrep-paths.ts";
import { type HeaderList, sendAtOnce } from "./quick-answer.ts";
import type { RememberedAuthorization } from "./remembered-authorization.ts";
import {
  admit,
  type EntryDependencies,
  type GateDependencies,
  observe,
  refusalOf,
  requestIdOf,
} from "./request-gate.ts";
import type { Serving } from "./serving.ts";

/** What the protocol's routes need. */
export interface OfrepDependencies extends GateDependencies, EntryDependencies {
  readonly serving: Serving;
}

/** A page that nobody looks at gives its stream back after so many seconds. */
const INACTIVITY_DELAY_SECONDS = 120;
/** So many bodies are remembered until all are forgotten, and none that is longer: a caller may send any number of them. */
const MOST_REMEMBERED = 5000;
const LONGEST_REMEMBERED = 1000;
const OF_JSON: HeaderList = ["Content-Type", "application/json; charset=utf-8"];
const OF_EVALUATION: HeaderList = ["Cache-Control", "no-store", ...OF_JSON];
const OF_EVALUATIONS: HeaderList = ["Cache-Control", "no-cache"];
/** A wrong key is compared with so many right ones at most. */
const MOST_COMPARED = 200;
const LONGEST_COMPARED = 200;

/** Answers requests of the protocol. */
export class OfrepListener {
  readonly #dependencies: OfrepDependencies;
  readonly #authorization: RememberedAuthorization;
  #frames = new WeakMap<FlagSelection, Frame>();
  #remembered = 0;

  constructor(dependencies: OfrepDependencies, authorization: RememberedAuthorization) {
    this.#dependencies = dependencies;
    this.#authorization = authorization;
  }

  /** Is the address one of the protocol's? */
  static serves(url: string): boolean {
    if (!url.startsWith(FLAGS_PATH)) return false;
    const next = url.charCodeAt(FLAGS_PATH.length);
    return Number.isNaN(next) || next === SLASH || next === QUESTION_MARK;
  }

  /** Answers one. */
  listen(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? "");
    const isBulk = path.length === FLAGS_PATH.length;
    const id = requestIdOf(request);
    const { ids } = observe(request, response, id, this.#dependencies, isBulk ? routeOfAll : routeOfOne);
    let key: string | undefined;
    const fail = (error: unknown): void => this.#fail(request, response, error, key, { requestId: id, ...ids });
    try {
      if (!isBulk) key = keyOf(path);
      admit(request, this.#dependencies);
      if (request.method === "OPTIONS") return sendAtOnce(response, id, 204, ["Allow", ALLOWED]);
      if (request.method !== "POST")
        throw new ControllerError("METHOD_NOT_ALLOWED", `${path} does not know ${request.method}.`, {
          headers: { Allow: ALLOWED },
        });
      this.#authorization.check(request);
    } catch (error) {
      return fail(refusalOf(request, error, this.#dependencies));
    }
    readJsonText(
      request,
      (text) => {
        try {
          if (key === undefined) this.#answerAll(request, response, id, text);
          else this.#answerOne(request, response, id, key, text);
        } catch (error) {
          fail(error);
        }
      },
      fail,
    );
  }

  #answerOne(request: IncomingMessage, response: ServerResponse, id: string, key: string, text: string): void {
    const { selections, now, chance } = this.#dependencies.serving;
    const { flags } = selections.select(componentsOf(request));
    const flag = flags.get(key);
    const evaluation = parseEvaluation(text);
    if (flag === undefined) throw notFound(key, flags);
    sendAtOnce(response, id, 200, OF_EVALUATION, evaluateFlag(flag, evaluation, chance, now()));
  }

  #answerAll(request: IncomingMessage, response: ServerResponse, id: string, text: string): void {
    const names = componentsOf(request);
    const frame = this.#frameOf(this.#dependencies.serving.selections.select(names), names !== undefined);
    const known = request.headers["if-none-match"];
    const question = frame.questions.get(text) ?? this.#question(frame, text, known);
    const { etag } = question;
    if (namesTag(known, etag)) sendAtOnce(response, id, 304, ["ETag", etag, ...OF_EVALUATIONS]);
    else sendAtOnce(response, id, 200, ["ETag", etag, ...OF_EVALUATIONS, ...OF_JSON], evaluateAll(frame, question));
  }

  /** Whoever asks whether something changed sends the same body each time, and there is nothing to read in it again. */
  #question(frame: Frame, text: string, known: string | undefined): BulkQuestion {
    const evaluation = parseEvaluation(text);
    const question = bulkQuestion(frame, evaluation, known);
    if (evaluation.targetingKey === undefined || text.length > LONGEST_REMEMBERED) return question;
    if (++this.#remembered > MOST_REMEMBERED) {
      this.#frames = new WeakMap();
      this.#remembered = 0;
    }
    frame.questions.set(text, question);
    return question;
  }

  /** The address of the stream stands in the answer, so it lasts as long as the answer's tag. */
  #frameOf(selection: FlagSelection, isNarrowed: boolean): Frame {
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
      questions: new Map<string, BulkQuestion>(),
    };
    this.#frames.set(selection, frame);
    return frame;
  }

  #fail(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    key: string | undefined,
    ids: LogFields & { readonly requestId: string },
  ): void {
    const { status, body, headers, isUnexpected } = evaluationFailure(error, key, ids.requestId);
    if (isUnexpected) this.#dependencies.log.error("request failed", { ...ids, error });
    if (response.headersSent) return void response.destroy();
    // An unread body would be taken for the next request on the connection.
    const connection = request.complete || !bringsBody(request) ? {} : { Connection: "close" };
    const all = Object.entries({ "Cache-Control": "no-store", ...headers, ...connection }).flat();
    request.resume();
    sendAtOnce(response, ids.requestId, status, body === undefined ? all : [...all, ...OF_JSON], body ?? "");
  }
}

interface Frame extends BulkFrame {
  readonly end: number;
  readonly secret: string;
  /** By the body that asked. */
  readonly questions: Map<string, BulkQuestion>;
}

const routeOfAll = (): string => FLAGS_PATH;
const routeOfOne = (): string => `${FLAGS_PATH}/{key}`;

const ALLOWED = "POST, OPTIONS";
const SLASH = 47;
const QUESTION_MARK = 63;

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

/** Not every client encodes the key, so everything after the slash is it. */
function keyOf(path: string): string {
  const rest = path.slice(FLAGS_PATH.length + 1);
  try {
    return rest.includes("%") ? decodeURIComponent(rest) : rest;
  } catch {
    throw new EvaluationError("PARSE_ERROR", "The key in the address is not percent-encoded UTF-8.");
  }
}

/** Which components' flags are asked for: the protocol has no place for it, and every client can send a header. */
function componentsOf({ headers }: IncomingMessage): string | undefined {
  const given = headers["trimtab-component"];
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
