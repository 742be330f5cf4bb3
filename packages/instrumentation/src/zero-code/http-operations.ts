/** HTTP requests as operations: one for each route, with method, route and class of status as context. */
import { type ContextInput, OTHER_CONTEXT_VALUE, operationNameProblem } from "@trimtab/conventions";
import { defineOperation } from "../operation.ts";
import { warnOnce } from "../own-failure.ts";
import { recordOperation } from "../record-operation.ts";
import type { HttpRules } from "./configuration.ts";

/** Routes that frameworks told; a program that makes routes of data has more. */
const MAXIMUM_ROUTES = 500;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"]);
const OPERATION_NAME_LENGTH = 100;

/** A request that is over. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMilliseconds: number;
  /** The client went away, or the response was destroyed, before it was whole. */
  readonly isAborted: boolean;
}

interface RouteOperation {
  readonly name: string;
  /** By the first digit of the status; the same object each time. */
  readonly contexts: (ContextInput | undefined)[];
}

/** Records requests; every route is declared when it is first seen. */
export class HttpOperations {
  readonly #rules: HttpRules;
  readonly #failureFrom: number;
  readonly #makesSpans: boolean;
  readonly #routes = new Map<string, Map<string, RouteOperation>>();
  #count = 0;

  /** @param makesSpans Nobody else makes spans of these requests, and somebody wants them. */
  constructor(rules: HttpRules, makesSpans: boolean) {
    this.#rules = rules;
    this.#failureFrom = rules.failureFrom ?? 500;
    this.#makesSpans = makesSpans;
  }

  /** Counts a request that is over. Never throws. */
  record({ method, route, status, durationMilliseconds, isAborted }: EndedRequest): void {
    const { name, contexts } = this.#operation(METHODS.has(method) ? method : "_OTHER", route);
    const statusClass = Math.trunc(status / 100);
    let context = contexts[statusClass];
    if (context === undefined) {
      context = { ...contexts[0], status_class: statusClass >= 1 && statusClass <= 5 ? `${statusClass}xx` : "other" };
      contexts[statusClass] = context;
    }
    const isFailure = isAborted || status >= this.#failureFrom;
    recordOperation(name, {
      context,
      outcome: isFailure ? "failure" : "success",
      durationMilliseconds,
      error: isAborted ? "aborted" : isFailure ? String(status) : undefined,
      span: this.#makesSpans,
    });
  }

  #operation(method: string, route: string): RouteOperation {
    let ofMethod = this.#routes.get(method);
    if (ofMethod === undefined) {
      ofMethod = new Map();
      this.#routes.set(method, ofMethod);
    }
    const known = ofMethod.get(route);
    if (known !== undefined) return known;
    if (this.#count >= MAXIMUM_ROUTES && route !== OTHER_CONTEXT_VALUE) {
      warnOnce("zero-code routes", `more than ${MAXIMUM_ROUTES} routes: further ones are ${OTHER_CONTEXT_VALUE}`);
      return this.#operation(method, OTHER_CONTEXT_VALUE);
    }
    this.#count++;
    const name = this.#named(method, route) ?? nameOf(method, route);
    defineOperation({ name, context: ["method", "route", "status_class"] });
    const made = { name, contexts: [{ method, route }] };
    ofMethod.set(route, made);
    return made;
  }

  #named(method: string, route: string): string | undefined {
    return this.#rules.operations?.find(
      (rule) => rule.route === route && (rule.method === undefined || rule.method.toUpperCase() === method),
    )?.operation;
  }
}

/** `GET /users/:id` is the operation `get_users_id`. */
export function nameOf(method: string, route: string): string {
  const words = `${method.toLowerCase()} ${route}`.replaceAll(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  const name = words.slice(0, OPERATION_NAME_LENGTH);
  return operationNameProblem(name) === undefined ? name : `http_${name}`;
}
