/** One attempt to tell a target: a POST that is bounded in time and in what it reads, and follows no redirect. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { WebhookSettings } from "../config/webhook-settings.ts";
import { VERSION } from "../version.ts";
import { guardedLookup, hostProblem } from "./target-guard.ts";

/** What a target answered. */
export type PostOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: "failed"; readonly problem: string };

/** Sends a body. Resolves with the status as soon as it is known; never throws. */
export function postWebhook(
  { url, timeoutMilliseconds, allowsPrivate }: Pick<WebhookSettings, "url" | "timeoutMilliseconds" | "allowsPrivate">,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
): Promise<PostOutcome> {
  const target = new URL(url);
  const refused = hostProblem(target.hostname, allowsPrivate);
  if (refused !== undefined) return Promise.resolve({ kind: "failed", problem: refused });
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    const request = send(
      target,
      {
        method: "POST",
        agent: false, // a connection of its own: nothing of another attempt hangs on it
        lookup: guardedLookup(allowsPrivate),
        signal: AbortSignal.any([signal, limit]),
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "user-agent": `trimtab/${VERSION}`,
          ...headers,
        },
      },
      (response) => {
        resolve({ kind: "answered", status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] });
        response.destroy(); // what it says beyond its status is of no use, and may never end
      },
    );
    request.on("error", (error) => {
      const problem = limit.aborted ? `no answer within ${timeoutMilliseconds / 1000} s` : error.message;
      resolve({ kind: "failed", problem });
    });
    // A target that answers with an upgrade gives neither an answer nor an error.
    request.on("close", () => resolve({ kind: "failed", problem: "the connection ended without an answer" }));
    request.end(body);
  });
}
