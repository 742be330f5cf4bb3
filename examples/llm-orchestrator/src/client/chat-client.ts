/**
 * Asks any endpoint that speaks the chat-completions interface of OpenAI, at once or as a stream. One request, no retries: what to do
 * after an error is the orchestrator's decision.
 */
import { z } from "zod";
import { ProviderError, type ProviderErrorDetails, type ProviderErrorType } from "./provider-error.ts";
import { retryAfterMilliseconds } from "./retry-after.ts";
import { eventData } from "./server-sent-events.ts";

/** Where requests go. */
export interface Endpoint {
  /** The provider's name, for errors. */
  readonly provider: string;
  /** With the version, without a slash at the end, e.g. `https://api.example.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** One question. */
export interface ChatQuestion {
  readonly model: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  readonly temperature: number;
  readonly maximumTokens: number;
}

/** How it is asked. */
export interface ChatOptions {
  /** For the whole answer. */
  readonly timeoutMilliseconds: number;
  /** Given, the answer is streamed, and each piece of text is handed over as it comes. */
  readonly onText?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal;
}

/** An answer. */
export interface ChatAnswer {
  readonly text: string;
  /** `stop`, `length` where it was cut off, or another word of the provider. */
  readonly finishReason: string;
  /** As the provider counts them; where it does not, about four characters each. */
  readonly tokens: { readonly input: number; readonly output: number };
  readonly requestId: string | undefined;
}

const usageSchema = z.looseObject({ prompt_tokens: z.number().min(0), completion_tokens: z.number().min(0) });

const answerSchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: usageSchema.nullish(),
});

const chunkSchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      delta: z.looseObject({ content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: usageSchema.nullish(),
});

const errorSchema = z.looseObject({
  error: z.looseObject({ message: z.string(), code: z.union([z.string(), z.number()]).nullish() }),
});

/**
 * Asks once.
 *
 * @throws {ProviderError} of the class of what went wrong; the reason of `signal`, when that ends it.
 */
export async function askChat(endpoint: Endpoint, question: ChatQuestion, options: ChatOptions): Promise<ChatAnswer> {
  const { timeoutMilliseconds, onText, signal } = options;
  const ended = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    ended.abort();
  }, timeoutMilliseconds);
  const onAbort = (): void => ended.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) ended.abort();
  let hasBegun = false;
  const failed = (type: ProviderErrorType, sentence: string, details?: ProviderErrorDetails): ProviderError =>
    new ProviderError(type, endpoint.provider, withoutKey(sentence, endpoint.apiKey), details);
  const onFirst = (text: string): void => {
    hasBegun = true;
    onText?.(text);
  };
  try {
    const response = await fetch(`${endpoint.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${endpoint.apiKey}` },
      body: JSON.stringify(bodyOf(question, onText !== undefined)),
      signal: ended.signal,
      redirect: "error", // the key is for this endpoint and no other
    });
    if (!response.ok) throw await refusal(response, failed);
    return onText === undefined
      ? await readWhole(response, question, failed)
      : await readStream(response, question, onFirst, failed);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    if (signal?.aborted === true) throw signal.reason;
    if (isLate) throw failed("timeout", `no whole answer within ${timeoutMilliseconds} ms`);
    // The message of the platform may quote the header, and with it the key; its code is enough.
    const code = errorCode(error);
    if (hasBegun) throw failed("stream_interrupted", `the answer broke off (${code})`);
    throw failed("connection_failed", `the endpoint could not be asked (${code})`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

type Failed = (type: ProviderErrorType, sentence: string, details?: ProviderErrorDetails) => ProviderError;

function bodyOf({ model, messages, temperature, maximumTokens }: ChatQuestion, stream: boolean): object {
  return {
    model,
    messages,
    temperature,
    max_tokens: maximumTokens,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

async function readWhole(response: Response, question: ChatQuestion, failed: Failed): Promise<ChatAnswer> {
  const body = await response.text();
  const parsed = answerSchema.safeParse(jsonOf(body));
  const choice = parsed.data?.choices[0];
  if (!parsed.success || choice === undefined) throw failed("malformed_answer", "the answer is no chat completion");
  const text = choice.message.content ?? "";
  return answerOf(text, choice.finish_reason, parsed.data.usage, question, response);
}

async function readStream(
  response: Response,
  question: ChatQuestion,
  onText: (text: string) => void,
  failed: Failed,
): Promise<ChatAnswer> {
  if (response.body === null) throw failed("malformed_answer", "the answer has no body");
  let text = "";
  let finishReason: string | null | undefined;
  let usage: z.infer<typeof usageSchema> | null | undefined;
  for await (const data of eventData(response.body)) {
    if (data === "[DONE]") return answerOf(text, finishReason, usage, question, response);
    const value = jsonOf(data);
    const refused = errorSchema.safeParse(value);
    if (refused.success) throw failed("stream_interrupted", refused.data.error.message);
    const parsed = chunkSchema.safeParse(value);
    if (!parsed.success) throw failed("malformed_answer", "a part of the stream is no part of a chat completion");
    const choice = parsed.data.choices[0];
    const piece = choice?.delta?.content ?? "";
    if (piece !== "") {
      text += piece;
      onText(piece);
    }
    finishReason = choice?.finish_reason ?? finishReason;
    usage = parsed.data.usage ?? usage;
  }
  throw failed("stream_interrupted", "the stream ended without its end mark");
}

function answerOf(
  text: string,
  finishReason: string | null | undefined,
  usage: z.infer<typeof usageSchema> | null | undefined,
  { messages }: ChatQuestion,
  { headers }: Response,
): ChatAnswer {
  const asked = messages.reduce((sum, { content }) => sum + content.length, 0);
  return {
    text,
    finishReason: finishReason ?? "stop",
    tokens: {
      input: usage?.prompt_tokens ?? Math.ceil(asked / 4),
      output: usage?.completion_tokens ?? Math.ceil(text.length / 4),
    },
    requestId: headers.get("x-request-id") ?? undefined,
  };
}

/** The error of an answer that is not 2xx. */
async function refusal(response: Response, failed: Failed): Promise<ProviderError> {
  const body = errorSchema.safeParse(jsonOf(await response.text()));
  const sentence = body.data?.error.message.slice(0, 500) ?? "the request was refused";
  const code = String(body.data?.error.code ?? "");
  const requestId = response.headers.get("x-request-id");
  const retryAfter = retryAfterMilliseconds(response.headers, Date.now());
  return failed(classOf(response.status, code), sentence, {
    status: response.status,
    ...(requestId === null ? {} : { requestId }),
    ...(retryAfter === undefined ? {} : { retryAfterMilliseconds: retryAfter }),
  });
}

/** The class of an answer by its status and the code in its body. */
function classOf(status: number, code: string): ProviderErrorType {
  if (code === "context_length_exceeded" || code === "model_not_found") return code;
  if (status === 429) return code === "insufficient_quota" ? "quota_exhausted" : "rate_limited";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 408) return "timeout";
  return status >= 500 ? "server_error" : "invalid_request";
}

function errorCode(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  if (typeof cause?.code === "string") return cause.code;
  return error instanceof Error ? error.name : typeof error;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A provider may quote the key in its refusal. */
function withoutKey(sentence: string, apiKey: string): string {
  return apiKey === "" ? sentence : sentence.replaceAll(apiKey, "[key]");
}
