/** The web console: its page and the files that the page asks for. It speaks only the public HTTP interface. */
import type { Response } from "express";
import { type ConsoleFile, consoleFiles } from "../console/console-files.ts";
import { ControllerError } from "../errors.ts";
import type { Route, RouteRequest } from "./route.ts";

/**
 * What the page may do: run the console's own modules and ask this controller, and nothing else. `require-trusted-types-for` makes the
 * browser itself refuse to turn text into HTML, so that no value, name or comment can ever become markup.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The routes of the console. */
export function consoleRoutes(): readonly Route[] {
  const page: Route = {
    method: "get",
    path: "/",
    summary: "The web console.",
    role: "open",
    answers: { 200: { description: "The page.", body: "text/html" }, 304: { description: "It is as it was." } },
    errors: [],
    handle(request, response) {
      send(request, response, consoleFiles().page);
    },
  };
  const part: Route = {
    method: "get",
    path: "/console/{file}",
    summary: "A file of the web console: a module, the style sheet, the icon.",
    role: "open",
    answers: {
      200: { description: "The file.", body: "text/javascript" },
      304: { description: "It is as it was." },
    },
    errors: ["ROUTE_UNKNOWN"],
    handle(request, response) {
      const file = consoleFiles().named.get(request.parameters["file"] ?? "");
      if (file === undefined) throw new ControllerError("ROUTE_UNKNOWN", `There is nothing at ${request.path}.`);
      send(request, response, file);
    },
  };
  return [page, part];
}

function send(
  { header }: RouteRequest<unknown>,
  response: Response,
  { contentType, body, gzipped, digest }: ConsoleFile,
): void {
  const isGzipped = /\bgzip\b(?!\s*;\s*q=0(?:[.]0*)?\s*(?:,|$))/.test(header("accept-encoding") ?? "");
  const etag = isGzipped ? `"${digest}-gzip"` : `"${digest}"`;
  response.set({
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    // Asked for again each time, and answered with 304: after an upgrade nobody has half of an older console.
    "Cache-Control": "no-cache",
    Vary: "Accept-Encoding",
    ETag: etag,
  });
  const known = header("if-none-match")?.split(",") ?? [];
  if (known.some((each) => each.trim().replace(/^W\//, "") === etag)) {
    response.status(304).end();
    return;
  }
  if (isGzipped) response.set("Content-Encoding", "gzip");
  response.set("Content-Type", contentType).send(isGzipped ? gzipped : body);
}
