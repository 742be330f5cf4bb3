/**
 * The route of a request, as a label: what the framework matched, else the path with everything that looks like an id taken out.
 * Never a raw address: whoever sends requests would decide how many series there are.
 */
import type { IncomingMessage } from "node:http";
import { OTHER_CONTEXT_VALUE } from "@trimtab/conventions";

/** The route of a request that nothing answered. */
const NOT_FOUND_ROUTE = "__not_found__";

const LONGEST_PATH_SEGMENTS = 6;
const LONGEST_SEGMENT = 32;
const NOT_FOUND = new Set([404, 405]);

/** What Express, and what is like it, leaves at a request. */
interface RoutedRequest extends IncomingMessage {
  readonly route?: { readonly path?: unknown };
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
}

/** The route that Express and its like matched; undefined where there is none. Read when the response is over. */
function matchedRoute(request: RoutedRequest): string | undefined {
  const path = request.route?.path;
  const written = Array.isArray(path) ? path.map(String).join("|") : path instanceof RegExp ? String(path) : path;
  if (typeof written !== "string") return undefined;
  // Where a router is mounted at a path with a parameter, this is the path that was asked for.
  const base = typeof request.baseUrl === "string" && request.baseUrl !== "" ? normalisedPath(request.baseUrl) : "";
  const route = base + (written === "/" && base !== "" ? "" : written);
  return route.startsWith("/") || path instanceof RegExp ? route : `/${route}`;
}

/**
 * A router that hands its request on leaves the route behind, without the path where it is mounted: what is missing at the front is
 * then taken from the path that was asked for. A route with optional parts or wildcards stays as it is.
 */
function withMountPath(route: string, asked: string): string {
  const own = route === "/" ? "" : route;
  if (!/^(?:\/[\w.:-]+)*$/.test(own)) return route;
  const segments = asked.split("/").filter((segment) => segment !== "");
  const missing = segments.length - (own.split("/").length - 1);
  return missing > 0 ? normalisedPath(segments.slice(0, missing).join("/")) + own : route;
}

/** The path that was asked for, without what follows `?`. */
export function askedPath(request: RoutedRequest): string {
  const url = typeof request.originalUrl === "string" ? request.originalUrl : (request.url ?? "/");
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/**
 * A path with ids as `:id` and files as `*.css`: numbers, UUIDs, hexadecimal digits, and whatever is long, encoded or has digits
 * in the midst of it.
 */
export function normalisedPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const shown = segments
    .slice(0, LONGEST_PATH_SEGMENTS)
    .map((segment, at) => normalisedSegment(segment, at === segments.length - 1));
  if (segments.length > LONGEST_PATH_SEGMENTS) shown.push("*");
  return `/${shown.join("/")}`;
}

function normalisedSegment(segment: string, isLast: boolean): string {
  if (/^v\d{1,2}$/.test(segment)) return segment; // the version of an interface
  const file = isLast ? /^[^.].*\.([a-z][a-z0-9]{0,7})$/i.exec(segment)?.[1] : undefined;
  if (file !== undefined) return `*.${file.toLowerCase()}`;
  const isWord = segment.length <= LONGEST_SEGMENT && /^[A-Za-z_.@-]+$/.test(segment);
  return isWord && !/^[a-f]{8,}$/i.test(segment) ? segment : ":id";
}

/** Decides the route of each request, for a bounded number of distinct paths. */
export class RouteNames {
  readonly #maximumPaths: number;
  readonly #paths = new Set<string>();

  constructor(maximumPaths: number) {
    this.#maximumPaths = maximumPaths;
  }

  /** @param told What a framework told on another way. */
  of(request: IncomingMessage, status: number, told: string | undefined): string {
    const matched = told ?? matchedRoute(request);
    if (matched !== undefined) {
      const whole = withMountPath(matched, askedPath(request));
      return whole === matched || this.#isBounded(whole) ? whole : matched;
    }
    if (NOT_FOUND.has(status)) return NOT_FOUND_ROUTE;
    const path = normalisedPath(askedPath(request));
    return this.#isBounded(path) ? path : OTHER_CONTEXT_VALUE;
  }

  #isBounded(path: string): boolean {
    if (!this.#paths.has(path) && this.#paths.size >= this.#maximumPaths) return false;
    this.#paths.add(path);
    return true;
  }
}
