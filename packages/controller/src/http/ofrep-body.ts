/** The body of a remote evaluation, read from node:http: bounded, JSON, UTF-8. */
import type { IncomingMessage } from "node:http";
import { ControllerError } from "../errors.ts";
import { EvaluationError } from "../serving/evaluation-context.ts";

/** As everywhere in the interface. */
const LARGEST_BODY_BYTES = 1024 * 1024;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const OTHER_CHARSET = /charset\s*=\s*"?(?!utf-?8\b)/i;

/**
 * Reads the body and hands it on. An empty one needs no content type.
 *
 * @param onError Called with a ControllerError or an EvaluationError; not at all where the caller has gone.
 */
export function readJsonText(
  request: IncomingMessage,
  onText: (text: string) => void,
  onError: (error: unknown) => void,
): void {
  const { headers } = request;
  const length = headers["content-length"];
  if (headers["transfer-encoding"] === undefined && (length === undefined || length === "0")) {
    request.resume();
    onText("");
    return;
  }
  try {
    checkHeaders(headers);
  } catch (error) {
    onError(error);
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  request.on("data", (chunk: Buffer) => {
    if (isOver) return;
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) {
      isOver = true;
      onError(tooLarge());
    } else chunks.push(chunk);
  });
  request.on("end", () => {
    if (isOver) return;
    isOver = true;
    onText((chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString("utf8"));
  });
  request.on("error", () => {
    isOver = true; // nobody waits for the answer any more
  });
}

function checkHeaders(headers: IncomingMessage["headers"]): void {
  if (Number(headers["content-length"] ?? 0) > LARGEST_BODY_BYTES) throw tooLarge();
  const type = headers["content-type"] ?? "";
  if (!JSON_TYPE.test(type) || OTHER_CHARSET.test(type))
    throw new EvaluationError(
      "PARSE_ERROR",
      `The body's type is ${type === "" ? "not told" : type.slice(0, 100)}; send Content-Type: application/json in UTF-8.`,
    );
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw new EvaluationError("PARSE_ERROR", `The body is encoded as ${encoding.slice(0, 100)}; send it as it is.`);
}

function tooLarge(): ControllerError {
  return new ControllerError("BODY_TOO_LARGE", `The body has more than ${LARGEST_BODY_BYTES} bytes.`);
}
