/** Reads one metrics page over HTTP, or says in a person's words why it could not. */
import { MetricsPageError } from "./metrics-page.ts";
import { type PageReading, readPage } from "./page-reading.ts";

/** The largest page that is read, in bytes; 50,000 series are about 7 MB. */
const MAXIMUM_PAGE_BYTES = 32 * 1024 * 1024;

/** What a try to read a page gave. */
export type PageResult = { readonly page: PageReading } | { readonly problem: string };

/** How a page is asked for. */
export interface FetchPageOptions {
  readonly timeoutMilliseconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Never throws: a page that cannot be read is a gap, and the next one bridges it. */
export async function fetchPage(address: string, options: FetchPageOptions): Promise<PageResult> {
  const timeout = AbortSignal.timeout(options.timeoutMilliseconds);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const { url, headers } = withCredentials(address);
    const response = await fetch(url, { signal, headers: { accept: ACCEPT, ...headers, ...options.headers } });
    if (!response.ok) {
      await response.body?.cancel();
      return { problem: `answered HTTP ${response.status}${response.status === 404 ? ": is the path right?" : ""}` };
    }
    const type = response.headers.get("content-type") ?? "";
    if (/html|json|protobuf/i.test(type)) {
      await response.body?.cancel();
      return { problem: `is not a metrics page: its content type is ${type}` };
    }
    const text = await readText(response);
    if (text === undefined) return { problem: `is larger than ${MAXIMUM_PAGE_BYTES / 1024 / 1024} MB` };
    return { page: await readPage(text) };
  } catch (error) {
    if (error instanceof MetricsPageError) return { problem: `is not a sound metrics page: ${error.message}` };
    if (timeout.aborted) return { problem: `gave no answer within ${options.timeoutMilliseconds} ms` };
    return { problem: connectionProblem(error) };
  }
}

const ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5";

/** fetch refuses a name and a password in the address; people write them there all the same. */
function withCredentials(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  if (url.username === "" && url.password === "") return { url, headers: {} };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}

/** @returns The text, or undefined when it is too large. */
async function readText(response: Response): Promise<string | undefined> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAXIMUM_PAGE_BYTES) return undefined; // leaving the loop cancels the body
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function connectionProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return "refused the connection: is the service running, and is this its metrics port?";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "has a host name that cannot be resolved";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return "closed the connection before the answer was complete";
    default:
      if (cause instanceof Error && cause.message === "bad port")
        return "is on a port that the HTTP standard (fetch) refuses";
      return cause instanceof Error ? `cannot be read: ${cause.message}` : "cannot be read";
  }
}
