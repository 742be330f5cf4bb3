/** Errors as the remote evaluation protocol tells them; problem+json is for the rest of the interface. */
import { ControllerError, describeError } from "../errors.ts";
import { EvaluationError } from "../serving/evaluation-context.ts";

/** An answer that is no evaluation. */
export interface EvaluationFailure {
  readonly status: number;
  /** Undefined where the protocol has no body. */
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The controller's own fault: to be logged. */
  readonly isUnexpected: boolean;
}

/** The protocol says these by the status alone. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * Any error as an answer.
 *
 * @param key The flag that was asked for; undefined where all were.
 */
export function evaluationFailure(error: unknown, key: string | undefined, requestId: string): EvaluationFailure {
  const ofFlag = key === undefined ? {} : { key };
  if (error instanceof EvaluationError) {
    const status = error.code === "FLAG_NOT_FOUND" ? 404 : 400;
    const body = JSON.stringify({ ...ofFlag, errorCode: error.code, errorDetails: error.message });
    return { status, body, headers: {}, isUnexpected: false };
  }
  if (error instanceof ControllerError) {
    const { status, remedy } = describeError(error.code);
    const body = WITHOUT_BODY.has(status)
      ? undefined
      : JSON.stringify({ ...ofFlag, errorCode: "GENERAL", errorDetails: `${error.message} ${remedy}` });
    return { status, body, headers: error.headers, isUnexpected: status === 500 };
  }
  const details = `The controller failed; look for the request ${requestId} in its log.`;
  const body = JSON.stringify({ ...ofFlag, errorCode: "GENERAL", errorDetails: details });
  return { status: 500, body, headers: {}, isUnexpected: true };
}
