/** Requests to the controller: with the token, bounded in time, and with every way to fail told apart. */
import { token } from "./session.ts";
import type { ProblemDocument } from "./wire.ts";

/** Why there is no answer that could be used. */
export type Failure =
  /** The controller answered with an error. */
  | { readonly kind: "problem"; readonly status: number; readonly problem: ProblemDocument }
  /** Nobody answered, or something that is not the controller. */
  | { readonly kind: "unreachable"; readonly detail: string };

/** What became of a request. */
export type Answer<Value> =
  | { readonly kind: "value"; readonly status: number; readonly value: Value }
  | { readonly kind: "failure"; readonly failure: Failure };

/** A request that takes longer is given up; an act that the controller kept is found in the audit. */
const LONGEST_WAIT_MILLISECONDS = 20_000;

/** @param path relative to the page, such as `v1/operations`; @param init a method and a body, where it changes something */
export async function request<Value>(
  path: string,
  init: { readonly method?: string; readonly body?: unknown } = {},
): Promise<Answer<Value>> {
  const headers = new Headers({ Accept: "application/json" });
  const bearer = token();
  if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
  if (init.body !== undefined) headers.set("Content-Type", "application/json");
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: init.method ?? "GET",
      headers,
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: AbortSignal.timeout(LONGEST_WAIT_MILLISECONDS),
      cache: "no-store",
      credentials: "same-origin", // a proxy in front may know people by a cookie
      redirect: "error",
    });
    text = await response.text();
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === "TimeoutError";
    return unreachable(isSlow ? `no answer within ${LONGEST_WAIT_MILLISECONDS / 1000} s` : "the connection failed");
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return unreachable(`something that is not the controller answered with ${response.status}`);
  }
  // 503 of /readyz is an answer like any other: it tells what is not ready.
  if (response.ok || (response.status === 503 && !isProblem(body)))
    return { kind: "value", status: response.status, value: body as Value };
  if (!isProblem(body)) return unreachable(`something that is not the controller answered with ${response.status}`);
  return { kind: "failure", failure: { kind: "problem", status: response.status, problem: body } };
}

/** What a person reads about a failure: what happened, and what to do about it. */
export function failureText(failure: Failure): {
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
} {
  if (failure.kind === "unreachable") {
    return {
      title: "The controller does not answer",
      detail: `${capitalized(failure.detail)}.`,
      remedy: "What is served to the services goes on: they keep the last known good parameters.",
    };
  }
  const { title, detail, remedy } = failure.problem;
  return { title, detail, remedy };
}

function unreachable(detail: string): Answer<never> {
  return { kind: "failure", failure: { kind: "unreachable", detail } };
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "title" in body;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
