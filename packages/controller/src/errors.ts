/** Every error that the HTTP interface answers: one closed list, described for people in docs/reference/errors.md. */

/** What an error code stands for. */
export interface ErrorDescription {
  readonly status: number;
  readonly title: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

/** A stable name of an error, for programs. */
export type ErrorCode =
  | "PARAMETER_INVALID"
  | "CURSOR_INVALID"
  | "BODY_MALFORMED"
  | "BODY_INVALID"
  | "CONFIGURATION_INVALID"
  | "TOKEN_MISSING"
  | "TOKEN_UNKNOWN"
  | "ROLE_MISSING"
  | "ORIGIN_REFUSED"
  | "STREAM_ADDRESS_INVALID"
  | "ROUTE_UNKNOWN"
  | "COMPONENT_UNKNOWN"
  | "OPERATION_UNKNOWN"
  | "ADAPTATION_UNKNOWN"
  | "SUGGESTION_UNKNOWN"
  | "WEBHOOK_DELIVERY_UNKNOWN"
  | "METHOD_NOT_ALLOWED"
  | "SUGGESTION_DECIDED"
  | "SUGGESTION_NOT_ACCEPTED"
  | "ACT_REFUSED"
  | "SPECIFICATION_DIFFERS"
  | "REGISTRATION_OFF"
  | "REGISTRATION_LIMIT_REACHED"
  | "OPERATION_IN_FILE"
  | "COMPONENT_SCRAPED"
  | "OUTCOME_TOO_LATE"
  | "IDEMPOTENCY_KEY_REUSED"
  | "CONTEXT_LIMIT_REACHED"
  | "NOT_LEADING"
  | "BODY_TOO_LARGE"
  | "MEDIA_TYPE_UNSUPPORTED"
  | "HOST_REFUSED"
  | "RATE_LIMITED"
  | "INTERNAL_ERROR"
  | "STORE_FAILED"
  | "STREAM_LIMIT_REACHED"
  | "SHUTTING_DOWN";

const DESCRIPTIONS: Readonly<Record<ErrorCode, ErrorDescription>> = {
  PARAMETER_INVALID: {
    status: 400,
    title: "A parameter of the request cannot be used",
    remedy: "Correct what is named here; `problems` lists each place.",
  },
  CURSOR_INVALID: {
    status: 400,
    title: "The cursor is not one that this list gave",
    remedy: "Begin again without a cursor, and pass `nextCursor` unchanged.",
  },
  BODY_MALFORMED: {
    status: 400,
    title: "The body is not JSON",
    remedy: "Send JSON in UTF-8.",
  },
  BODY_INVALID: {
    status: 400,
    title: "The body does not fit",
    remedy: "Change the places that `problems` names; /openapi.json describes the body.",
  },
  CONFIGURATION_INVALID: {
    status: 400,
    title: "The configuration cannot be used",
    remedy: "Change the places that `problems` names; docs/reference/configuration.md tells every key.",
  },
  TOKEN_MISSING: {
    status: 401,
    title: "A token is needed",
    remedy: "Send the header `Authorization: Bearer <token>` with one of the tokens of controller.tokens.",
  },
  TOKEN_UNKNOWN: {
    status: 401,
    title: "The token is not known",
    remedy: "Use one of the tokens of controller.tokens.",
  },
  ROLE_MISSING: {
    status: 403,
    title: "The token does not allow this",
    remedy: "Use a token with that role, or give this one the role in controller.tokens.",
  },
  ORIGIN_REFUSED: {
    status: 403,
    title: "A web page from elsewhere may change nothing",
    remedy: "Configure controller.tokens, and let the page send one.",
  },
  STREAM_ADDRESS_INVALID: {
    status: 403,
    title: "The address of the stream is not valid, or not any more",
    remedy: "Evaluate all flags again; the answer has a new address.",
  },
  ROUTE_UNKNOWN: {
    status: 404,
    title: "There is no such address",
    remedy: "/openapi.json lists every address.",
  },
  COMPONENT_UNKNOWN: {
    status: 404,
    title: "The component is not configured",
    remedy: "Write it as in trimtab.yaml, or add it there.",
  },
  OPERATION_UNKNOWN: {
    status: 404,
    title: "The operation is not configured",
    remedy: "Write it as in trimtab.yaml, or add it there.",
  },
  ADAPTATION_UNKNOWN: {
    status: 404,
    title: "There is no such adaptation",
    remedy: "GET /v1/adaptations lists them with their ids.",
  },
  SUGGESTION_UNKNOWN: {
    status: 404,
    title: "There is no such suggestion",
    remedy: "GET /v1/suggestions lists them with their ids.",
  },
  WEBHOOK_DELIVERY_UNKNOWN: {
    status: 404,
    title: "There is no such webhook delivery",
    remedy: "GET /v1/webhook-deliveries lists them with their ids; old ones are dropped.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "The address does not know this method",
    remedy: "Use one of the methods of the header Allow.",
  },
  SUGGESTION_DECIDED: {
    status: 409,
    title: "The suggestion was decided otherwise before",
    remedy: "A decision stands; the suggestion comes back by itself if as much is said anew.",
  },
  SUGGESTION_NOT_ACCEPTED: {
    status: 409,
    title: "The suggestion is not one that its target can take",
    remedy: "Take only those that `GET /v1/suggestions?target=…&status=accepted` lists.",
  },
  ACT_REFUSED: {
    status: 409,
    title: "What a person asked for cannot be done as things stand, and nothing was changed",
    remedy:
      "The code in front is explained in docs/reference/reasons.md; the attempt stands in the audit (GET /v1/audit).",
  },
  SPECIFICATION_DIFFERS: {
    status: 409,
    title: "The service declares the operation otherwise than the configuration",
    remedy:
      "Make the two alike; until then the service uses the base values of its code. GET /v1/operations shows both.",
  },
  REGISTRATION_OFF: {
    status: 409,
    title: "Services may not register operations here",
    remedy: "Add the operation to trimtab.yaml, or write `registration: allow` there.",
  },
  REGISTRATION_LIMIT_REACHED: {
    status: 409,
    title: "As many operations are registered as are kept",
    remedy: "Move operations into trimtab.yaml, or remove those that nobody uses by DELETE.",
  },
  OPERATION_IN_FILE: {
    status: 409,
    title: "The operation stands in the configuration, which only people change",
    remedy: "Remove it from trimtab.yaml.",
  },
  COMPONENT_SCRAPED: {
    status: 409,
    title: "The component's metrics are scraped, so its operations are counted already",
    remedy: "Write `metrics: reported` under the component in trimtab.yaml, or report nothing for it.",
  },
  OUTCOME_TOO_LATE: {
    status: 409,
    title: "The operation ended too long ago to be counted",
    remedy: "Report within controller.outcomes.lateness, or raise it.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    title: "The key was used before for something else",
    remedy: "Give each outcome a key of its own; repeat a key only with the same content.",
  },
  CONTEXT_LIMIT_REACHED: {
    status: 409,
    title: "The operation has as many contexts as are kept",
    remedy: "Declare a context key with fewer values.",
  },
  NOT_LEADING: {
    status: 409,
    title: "Another replica leads, and only that one runs passes",
    remedy: "Ask the replica that leads, or wait: each operation has its pass at its interval.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: "The body is too large",
    remedy: "Send less at a time; 1 MiB is the most.",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: "The body's type or encoding is not read",
    remedy: "Send `Content-Type: application/json` in UTF-8.",
  },
  HOST_REFUSED: {
    status: 421,
    title: "The request names another machine",
    remedy: "Use 127.0.0.1, [::1] or localhost; for other names configure controller.tokens.",
  },
  RATE_LIMITED: {
    status: 429,
    title: "The caller asks too often",
    remedy: "Wait as many seconds as the header Retry-After says; controller.rateLimits sets the limits.",
  },
  INTERNAL_ERROR: {
    status: 500,
    title: "The controller failed",
    remedy: "Look for `requestId` in the controller's log; what is served goes on.",
  },
  STORE_FAILED: {
    status: 503,
    title: "The store did not answer",
    remedy: "Look for `requestId` in the controller's log; what is served goes on. Try again later.",
  },
  STREAM_LIMIT_REACHED: {
    status: 503,
    title: "As many streams are open as may be",
    remedy: "Come again after Retry-After, or poll; controller.streams.most sets the limit.",
  },
  SHUTTING_DOWN: {
    status: 503,
    title: "The controller is shutting down",
    remedy: "Try again in a moment.",
  },
};

/** Every code. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(DESCRIPTIONS) as ErrorCode[];

/** What a code stands for. */
export function describeError(code: ErrorCode): ErrorDescription {
  return DESCRIPTIONS[code];
}

/** A place of a request that is wrong. */
export interface RequestProblem {
  /** The parameter's name, or the path in the body. */
  readonly path: string;
  readonly message: string;
}

/** Thrown by a route; `http/problem.ts` turns it into the answer. */
export class ControllerError extends Error {
  override readonly name = "ControllerError";
  readonly code: ErrorCode;
  readonly problems: readonly RequestProblem[];
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      readonly problems?: readonly RequestProblem[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.problems = more.problems ?? [];
    this.headers = more.headers ?? {};
  }
}
