/** Reads one metrics page over HTTP, or says in a person's words why it could not. */
import { readText, takeCredentials } from "../fetched-answer.ts";
import { createFetch, type Fetch } from "../secure-fetch.ts";
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
  /** Default: Node's. */
  readonly fetch?: Fetch;
}

/** Never throws: a page that cannot be read is a gap, and the next one bridges it. */
export async function fetchPage(address: string, options: FetchPageOptions): Promise<PageResult> {
  const timeout = AbortSignal.timeout(options.timeoutMilliseconds);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const url = new URL(address);
    const headers = takeCredentials(url);
    const request = options.fetch ?? createFetch(undefined);
    const response = await request(url, { signal, headers: { accept: ACCEPT, ...headers, ...options.headers } });
    if (!response.ok) {
      await response.body?.cancel();
      return { problem: `answered HTTP ${response.status}${response.status === 404 ? ": is the path right?" : ""}` };
    }
    const type = response.headers.get("content-type") ?? "";
    if (/html|json|protobuf/i.test(type)) {
      await response.body?.cancel();
      return { problem: `is not a metrics page: its content type is ${type}` };
    }
    const text = await readText(response, MAXIMUM_PAGE_BYTES);
    if (text === undefined) return { problem: `is larger than ${MAXIMUM_PAGE_BYTES / 1024 / 1024} MB` };
    return { page: await readPage(text) };
  } catch (error) {
    if (error instanceof MetricsPageError) return { problem: `is not a sound metrics page: ${error.message}` };
    if (timeout.aborted) return { problem: `gave no answer within ${options.timeoutMilliseconds} ms` };
    return { problem: connectionProblem(error) };
  }
}

const ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5";

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
