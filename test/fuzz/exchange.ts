/** One request and its answer over real HTTP, written so that also what no client library would send can be sent. */
import { Agent, type IncomingMessage, request as open } from "node:http";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

/** What is sent. */
export interface SentRequest {
  readonly method: string;
  /** With the query, as it stands on the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: no body. */
  readonly body?: string | undefined;
  /** The connection is cut after so many bytes of the body; no answer is waited for. */
  readonly cutAfter?: number | undefined;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Decompressed. */
  readonly text: string;
  /** Was it an event stream, which was closed at once? */
  readonly isStream: boolean;
}

const LONGEST_WAIT_MILLISECONDS = 20_000;

/** Sends requests to one server, on few connections that are used again. */
export class Exchange {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Undefined where the connection was to be cut.
   *
   * @throws {Error} when there is no answer.
   */
  send({ method, target, headers, body, cutAfter }: SentRequest): Promise<Answer | undefined> {
    const { hostname, port } = new URL(this.#url);
    const bytes = body === undefined ? undefined : Buffer.from(body);
    return new Promise((resolve, reject) => {
      const length: Record<string, string> = bytes === undefined ? {} : { "content-length": String(bytes.length) };
      const sent = open({
        hostname,
        port,
        method,
        path: target,
        agent: cutAfter === undefined ? this.#agent : false,
        headers: { ...length, ...headers },
      });
      let isAnswered = false;
      const tooLong = setTimeout(() => sent.destroy(new Error("no answer in time")), LONGEST_WAIT_MILLISECONDS);
      sent.on("close", () => clearTimeout(tooLong));
      sent.on("error", (error) => {
        if (!isAnswered) reject(error);
      });
      sent.on("response", (response) => {
        isAnswered = true;
        void read(response).then(resolve, reject);
      });
      if (cutAfter === undefined) {
        sent.end(bytes);
        return;
      }
      isAnswered = true;
      sent.write(bytes?.subarray(0, cutAfter) ?? "", () => {
        sent.destroy();
        resolve(undefined);
      });
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  if ((headers["content-type"] ?? "").startsWith("text/event-stream")) {
    response.destroy();
    return Promise.resolve({ status, headers, text: "", isStream: true });
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("close", () => {
      if (!response.complete) reject(new Error("the answer broke off"));
    });
    response.on("end", () => {
      try {
        const bytes = Buffer.concat(chunks);
        const text = (bytes.length === 0 ? bytes : decoded(bytes, headers["content-encoding"])).toString("utf8");
        resolve({ status, headers, text, isStream: false });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

function decoded(bytes: Buffer, encoding: string | undefined): Buffer {
  switch (encoding) {
    case undefined:
    case "identity":
      return bytes;
    case "gzip":
      return gunzipSync(bytes);
    case "br":
      return brotliDecompressSync(bytes);
    case "deflate":
      return inflateSync(bytes);
    case "zstd":
      return zstdDecompressSync(bytes);
    default:
      throw new Error(`the answer is encoded as ${encoding}`);
  }
}

/** The request as a command that sends it again. */
export function curlCommand(url: string, { method, target, headers, body }: SentRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", "-i", "--path-as-is", method === "HEAD" ? "-I" : `-X ${method}`, quoted(url + target)];
  for (const [name, value] of Object.entries(headers))
    parts.push(`-H ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (body !== undefined)
    parts.push(`--data-binary ${quoted(body.length > 2_000 ? `${body.slice(0, 2_000)}…` : body)}`);
  return parts.join(" ");
}
