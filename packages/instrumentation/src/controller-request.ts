/** One request to the controller: the only network code of this package, beside the metrics page. */
import type { IncomingMessage } from "node:http";
import { nodeHttp, nodeHttps } from "./node-on-demand.ts";
import { describeError } from "./own-failure.ts";

/** What is asked. */
export interface ControllerRequest {
  readonly controllerUrl: string;
  /** Below the controller's address, without a slash at its beginning. */
  readonly path: string;
  /** Sent as JSON. Undefined: GET. */
  readonly body?: string;
  /** With a body. Default: POST. */
  readonly method?: "POST" | "PUT";
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the whole exchange; of a stream until it begins. */
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface ControllerAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly retryAfterMilliseconds: number | undefined;
  /** Of its header `Date`, in milliseconds since 1970. */
  readonly controllerTime: number | undefined;
  readonly body: string;
  /** Where the answer is a stream of events, and one was asked for: it goes on for as long as it is followed. */
  readonly events?: IncomingMessage;
}

/** The longest answer that is read, and the longest event of a stream. */
export const MAXIMUM_BODY_BYTES: number = 32 * 1024 * 1024;
const MAXIMUM_RETRY_AFTER_MILLISECONDS = 3_600_000;

/** Asks the controller. Rejects where no answer came, whatever its status. */
export function askController(asked: ControllerRequest): Promise<ControllerAnswer> {
  const { controllerUrl, path, body, token, timeoutMilliseconds, signal } = asked;
  const url = new URL(path, withSlash(controllerUrl));
  const headers: Record<string, string> = { accept: "application/json", "user-agent": "trimtab-instrumentation" };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    headers["content-length"] = String(Buffer.byteLength(body));
  }
  const { request: send } = url.protocol === "https:" ? nodeHttps() : nodeHttp();
  return new Promise((resolve, reject) => {
    // Of its own, not the agent that the application uses: its connections and limits are not ours to touch.
    const request = send(url, {
      method: body === undefined ? "GET" : (asked.method ?? "POST"),
      headers: { ...headers, ...asked.headers },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
    // Of the whole exchange: a body that trickles in must not hold anybody for ever.
    const timeout = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMilliseconds} ms`));
    }, timeoutMilliseconds).unref();
    request.on("socket", (socket) => socket.unref()); // a service ends when its own work ends
    let isAnswering = false;
    request.on("close", () => {
      clearTimeout(timeout);
      // Once there is a response, reading its body tells the end: this event may come before the last bytes were read.
      if (!isAnswering) reject(new Error("the connection was closed"));
    });
    request.on("error", reject);
    request.on("response", (response) => {
      isAnswering = true;
      if (isEventStream(response)) {
        clearTimeout(timeout);
        resolve({ status: 200, body: "", events: response, ...readHeaders(response) });
        return;
      }
      readBody(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text, ...readHeaders(response) }),
        (error: unknown) => {
          request.destroy();
          reject(error instanceof Error ? error : new Error(describeError(error)));
        },
      );
    });
    request.end(body);
  });
}

function isEventStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && (headers["content-type"] ?? "").startsWith("text/event-stream");
}

/** The address without credentials, for messages. */
export function controllerPlace(controllerUrl: string): string {
  return URL.canParse(controllerUrl) ? new URL(controllerUrl).origin : "an unreadable address";
}

function readHeaders({
  headers,
}: IncomingMessage): Pick<ControllerAnswer, "etag" | "retryAfterMilliseconds" | "controllerTime"> {
  const time = Date.parse(headers.date ?? "");
  return {
    etag: headers.etag,
    retryAfterMilliseconds: retryAfter(headers["retry-after"]),
    controllerTime: Number.isNaN(time) ? undefined : time,
  };
}

/** Seconds, or a date; never more than an hour. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), MAXIMUM_RETRY_AFTER_MILLISECONDS);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAXIMUM_BODY_BYTES) throw new Error(`an answer of more than ${MAXIMUM_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The controller may live below a path: without the slash `new URL` would cut its last part off. */
function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
