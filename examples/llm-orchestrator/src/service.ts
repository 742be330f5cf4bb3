/**
 * The orchestrator as a service of its own, for other services that want a text.
 *
 *     POST /songs      { genre, theme, lines }: 200 with { text, costUsd, handle }, 502 where no provider could write it
 *     GET  /healthz    free of any work
 *
 *     OTEL_SERVICE_NAME=llm_orchestrator TRIMTAB_CONTROLLER_URL=http://127.0.0.1:4600 PORT=8084 LLM_BASE_URL=… LLM_API_KEY=… \
 *       node --import @trimtab/instrumentation/register src/service.ts
 *
 * The handle is for feedback: whoever uses the text and hears later how good it was sends it with that.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { runService } from "@trimtab/example-demonstration/service";
import { z } from "zod";
import { configuredOrchestrator } from "./configured-orchestrator.ts";

const songSchema = z.strictObject({
  genre: z.string().min(1).max(40),
  theme: z.string().min(1).max(60),
  lines: z.int().min(2).max(100),
});

const orchestrator = configuredOrchestrator();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (request.method === "GET" && path === "/healthz") return send(response, 200, { ok: true });
  if (request.method !== "POST" || path !== "/songs") return send(response, 404, { problem: "POST /songs is there" });
  const parsed = songSchema.safeParse(await json(request).catch(() => undefined));
  if (!parsed.success) return send(response, 400, { problem: z.prettifyError(parsed.error) });
  try {
    const { data, handle } = await orchestrator.operations.generate_lyrics.process(parsed.data);
    send(response, 200, { text: data.text, costUsd: data.costUsd, handle });
  } catch (error) {
    send(response, 502, { problem: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

runService((request, response) => void answer(request, response), {
  port: Number(process.env["PORT"] ?? 8084),
  onStop: () => orchestrator.close(),
});
