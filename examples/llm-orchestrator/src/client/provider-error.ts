/** What goes wrong between the orchestrator and a provider, by class: the class decides whether it makes sense to try again. */

/** The classes of errors; each is a value of the context key `previous_error_type`. */
export type ProviderErrorType = keyof typeof RETRY;

/** Where another try of the same request may succeed. */
export type Retry = "anywhere" | "elsewhere" | "never";

const RETRY = {
  /** 429: too many requests; the provider says how long to wait. */
  rate_limited: "anywhere",
  /** 500 to 599. */
  server_error: "anywhere",
  /** No answer, or no end of it, in time. */
  timeout: "anywhere",
  /** Nobody could be reached, or the connection broke before the answer began. */
  connection_failed: "anywhere",
  /** The answer broke off after it had begun. */
  stream_interrupted: "anywhere",
  /** Something answered that does not speak this interface. */
  malformed_answer: "anywhere",
  /** 401, 403: the key is wrong, for this provider. */
  unauthorized: "elsewhere",
  /** The account has no credit left, which 429 with `insufficient_quota` tells. */
  quota_exhausted: "elsewhere",
  /** 404 with `model_not_found`: this provider does not have the model. */
  model_not_found: "elsewhere",
  /** 400, 413, 422 and others: the request itself is wrong and will be so for ever. */
  invalid_request: "never",
  /** The prompt is longer than the model can read. */
  context_length_exceeded: "never",
} as const satisfies Record<string, Retry>;

/** What is known of an error beside its class. */
export interface ProviderErrorDetails {
  /** The status of the answer, where there was one. */
  readonly status?: number;
  /** How long the provider asks to be left alone. */
  readonly retryAfterMilliseconds?: number;
  /** The provider's own name for the request. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** A request to a provider failed. Its message never holds the API key. */
export class ProviderError extends Error {
  /** Its class: what stands in the label `error_type`, and in the context key `previous_error_type` of what follows. */
  override readonly name: ProviderErrorType;
  readonly provider: string;
  readonly status: number | undefined;
  readonly retryAfterMilliseconds: number | undefined;

  constructor(type: ProviderErrorType, provider: string, sentence: string, details: ProviderErrorDetails = {}) {
    const { status, retryAfterMilliseconds, requestId, cause } = details;
    const facts = [status === undefined ? undefined : `status ${status}`, requestId && `request ${requestId}`];
    const known = facts.filter((fact) => fact !== undefined && fact !== "").join(", ");
    super(`${provider}: ${sentence}${known === "" ? "" : ` (${known})`}`, cause === undefined ? {} : { cause });
    this.name = type;
    this.provider = provider;
    this.status = status;
    this.retryAfterMilliseconds = retryAfterMilliseconds;
  }

  /** Its class. */
  get type(): ProviderErrorType {
    return this.name;
  }

  /** Where another try may be made. */
  get retry(): Retry {
    return RETRY[this.name];
  }
}
