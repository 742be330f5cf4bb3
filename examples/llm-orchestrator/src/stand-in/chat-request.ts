/** A request for a chat completion, as far as the stand-in reads it, and the errors that the interface knows. */
import { z } from "zod";

/** An answer that is an error, in the form of the interface. */
export interface ApiProblem {
  readonly status: number;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: z.string(),
});

const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1).nullish(),
});

/** What is asked for. */
export interface ChatRequest {
  readonly model: string;
  /** The text of all messages. */
  readonly prompt: string;
  readonly temperature: number;
  readonly maximumTokens: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** Reads the body of a request. */
export function readChatRequest(body: string): { readonly request: ChatRequest } | { readonly problem: ApiProblem } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { problem: invalidRequest("The body of your request is no JSON.", null) };
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join(".") ?? "";
    return { problem: invalidRequest(`Invalid '${param}': ${issue?.message ?? "it is wrong"}.`, param || null) };
  }
  const { model, messages, temperature, max_tokens, max_completion_tokens, stream, stream_options } = parsed.data;
  return {
    request: {
      model,
      prompt: messages.map(({ content }) => content).join("\n"),
      temperature: temperature ?? 1,
      maximumTokens: max_completion_tokens ?? max_tokens ?? Number.POSITIVE_INFINITY,
      stream: stream === true,
      includeUsage: stream_options?.include_usage === true,
    },
  };
}

/** About four characters of English are a token; the stand-in counts them so. */
export function tokensIn(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/** 400: the same request will never be answered. */
export function invalidRequest(message: string, param: string | null, code: string | null = null): ApiProblem {
  return { status: 400, error: { message, type: "invalid_request_error", param, code } };
}

/** 400 with the code by which clients know it. */
export function contextTooLong(allowed: number, asked: number): ApiProblem {
  return invalidRequest(
    `This model's maximum context length is ${allowed} tokens. However, your messages resulted in ${asked} tokens. Please reduce the length of the messages.`,
    "messages",
    "context_length_exceeded",
  );
}
