/** An answer of an invented model: a song, at the pace of the model, at once or as a stream. */
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { StandInModel } from "./catalogue.ts";
import { type ChatRequest, tokensIn } from "./chat-request.ts";
import { readPrompt } from "./prompt-reader.ts";
import { qualityOf } from "./quality-surface.ts";
import { normal } from "./seeded.ts";
import { writeSong } from "./songwriter.ts";

/** A song that is to be sent. */
export interface Writing {
  readonly chat: ChatRequest;
  readonly model: StandInModel;
  readonly requestId: string;
  readonly promptTokens: number;
  readonly draw: () => number;
}

/** Writes the song and sends it as one answer, or line by line as server-sent events. */
export async function sendSong(response: ServerResponse, writing: Writing): Promise<void> {
  const { chat, model, requestId, promptTokens, draw } = writing;
  const { genre, style, theme = "song", lines } = readPrompt(chat.prompt);
  const quality = qualityOf({ genre, model: chat.model, style, temperature: chat.temperature });
  const pace = Math.exp(model.spread * normal(draw));
  const song = writeSong({ quality, theme, lines, withParts: style === "structured" }, draw);
  const { pieces, isCut, completionTokens } = cutTo(chat.maximumTokens, song);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  const signal = closing(response);
  const finishReason = isCut ? "length" : "stop";
  const head = { id: `chatcmpl-${requestId}`, created: Math.floor(Date.now() / 1000), model: chat.model };
  await wait(model.firstTokenMilliseconds * pace, undefined, { signal });
  if (!chat.stream) {
    await wait(completionTokens * model.millisecondsPerToken * pace, undefined, { signal });
    const message = { role: "assistant", content: pieces.join(""), refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
    return sendJson(response, 200, { ...head, object: "chat.completion", choices, usage });
  }
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache" });
  const send = (choices: unknown[], more: object = {}): void => {
    const chunk = { ...head, object: "chat.completion.chunk", choices, ...more };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const delta = (content: object, finish: string | null): unknown[] => [
    { index: 0, delta: content, logprobs: null, finish_reason: finish },
  ];
  send(delta({ role: "assistant", content: "" }, null));
  for (const piece of pieces) {
    await wait(tokensIn(piece) * model.millisecondsPerToken * pace, undefined, { signal });
    send(delta({ content: piece }, null));
  }
  send(delta({}, finishReason));
  if (chat.includeUsage) send([], { usage });
  response.end("data: [DONE]\n\n");
}

/** As much of the song as so many tokens hold, in pieces of about a line. */
function cutTo(
  maximumTokens: number,
  song: readonly string[],
): { readonly pieces: string[]; readonly isCut: boolean; readonly completionTokens: number } {
  const pieces: string[] = [];
  let completionTokens = 0;
  for (const [index, line] of song.entries()) {
    const piece = index === 0 ? line : `\n${line}`;
    const left = maximumTokens - completionTokens;
    const tokens = tokensIn(piece);
    if (tokens > left) {
      if (left > 0) pieces.push(piece.slice(0, left * 4));
      return { pieces, isCut: true, completionTokens: maximumTokens };
    }
    pieces.push(piece);
    completionTokens += tokens;
  }
  return { pieces, isCut: false, completionTokens };
}

/** Aborted when the client has gone. */
export function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

/** Sends a body of JSON with its length. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length }).end(bytes);
}
