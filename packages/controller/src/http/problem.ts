/** Any error to `application/problem+json` (RFC 9457): the one place where errors become answers. */
import { InvalidCursorError, isStoreFailure } from "@trimtab/engine";
import type { ErrorRequestHandler, Request, Response } from "express";
import { z } from "zod";
import { ControllerError, describeError, ERROR_CODES, type ErrorCode, type RequestProblem } from "../errors.ts";

/** The body of every error answer. */
export interface ProblemDocument {
  /** `urn:trimtab:error:` and the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** What happened this time. */
  readonly detail: string;
  readonly remedy: string;
  readonly requestId: string;
  readonly problems?: readonly RequestProblem[] | undefined;
}

/** The schema of every error answer. */
export const problemSchema: z.ZodType<ProblemDocument> = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(ERROR_CODES),
  detail: z.string(),
  remedy: z.string(),
  requestId: z.string(),
  problems: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});

/** Answers an error. `onUnexpected` hears of those that are no mistake of the caller. */
export function problemHandler(onUnexpected: (error: unknown, requestId: string) => void): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, next) => {
    const known = toControllerError(error);
    const requestId = requestIdOf(response);
    if (describeError(known.code).status >= 500) onUnexpected(known.cause ?? known, requestId);
    if (response.headersSent) {
      next(error); // express ends the connection: half an answer must not look like a whole one
      return;
    }
    sendProblem(request, response, known);
  };
}

/** Sends one error as the answer. */
function sendProblem(request: Request, response: Response, error: ControllerError): void {
  const { status, title, remedy } = describeError(error.code);
  const document: ProblemDocument = {
    type: `urn:trimtab:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    remedy,
    requestId: requestIdOf(response),
    ...(error.problems.length === 0 ? {} : { problems: error.problems }),
  };
  // An answer that failed must not be taken for the thing itself.
  for (const header of ["ETag", "Last-Modified", "Link"]) response.removeHeader(header);
  response.set({ ...error.headers, "Cache-Control": "no-store" }).status(status);
  // An unread body would be taken for the next request on the connection.
  if (status === 413 || (hasBody(request) && !request.complete)) response.set("Connection", "close");
  response.type("application/problem+json").send(JSON.stringify(document));
}

/** Does the request say that a body comes with it? */
export function hasBody(request: Request): boolean {
  return request.get("transfer-encoding") !== undefined || Number(request.get("content-length") ?? 0) > 0;
}

/** The id that was given to the request, or that it brought. */
function requestIdOf(response: Response): string {
  const id: unknown = response.locals["requestId"];
  return typeof id === "string" ? id : "";
}

function toControllerError(error: unknown): ControllerError {
  if (error instanceof ControllerError) return error;
  if (error instanceof InvalidCursorError) return new ControllerError("CURSOR_INVALID", error.message);
  const type = error instanceof Error && "type" in error ? String(error.type) : "";
  const message = error instanceof Error ? error.message : String(error);
  switch (type) {
    case "entity.parse.failed":
    case "request.size.invalid":
    case "request.aborted":
      return new ControllerError("BODY_MALFORMED", message);
    case "entity.too.large":
      return new ControllerError("BODY_TOO_LARGE", message);
    case "encoding.unsupported":
    case "charset.unsupported":
      return new ControllerError("MEDIA_TYPE_UNSUPPORTED", message);
  }
  // express could not decode a part of the path
  if (error instanceof URIError) return new ControllerError("PARAMETER_INVALID", message);
  // The body is not encoded as it says: the error is that of the decompressing library.
  if (error instanceof Error && "status" in error && error.status === 400)
    return new ControllerError("BODY_MALFORMED", message);
  if (isStoreFailure(error)) return new ControllerError("STORE_FAILED", "The store did not answer.", { cause: error });
  return new ControllerError("INTERNAL_ERROR", "Something failed that should not.", { cause: error });
}
