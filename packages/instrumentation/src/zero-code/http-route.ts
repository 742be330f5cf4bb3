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

/** The segments of a route; undefined for one with optional parts or wildcards, of which the number is not known. */
function segmentsOfRoute(route: string): number | undefined {
  if (route === "/") return 0;
  return /^(?:\/[\w.:-]+)*$/.test(route) ? countSegments(route) : undefined;
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
  let route = "";
  let segments = 0;
  for (let at = 0; at < path.length; at++) {
    if (path.charCodeAt(at) === SLASH) continue;
    if (++segments > LONGEST_PATH_SEGMENTS) return `${route}/*`;
    const slash = path.indexOf("/", at);
    const end = slash === -1 ? path.length : slash;
    route += `/${normalisedSegment(path.slice(at, end), slash === -1 || isOnlySlashes(path, slash))}`;
    at = end;
  }
  return route === "" ? "/" : route;
}

const SLASH = 47;

function isOnlySlashes(path: string, from: number): boolean {
  for (let at = from; at < path.length; at++) if (path.charCodeAt(at) !== SLASH) return false;
  return true;
}

function countSegments(path: string): number {
  let count = 0;
  for (let at = 0; at < path.length; at++) {
    if (path.charCodeAt(at) !== SLASH && (at === 0 || path.charCodeAt(at - 1) === SLASH)) count++;
  }
  return count;
}

function normalisedSegment(segment: string, isLast: boolean): string {
  if (segment.length <= 3 && /^v\d{1,2}$/.test(segment)) return segment; // the version of an interface
  const file = isLast && segment.indexOf(".", 1) > 0 ? /^[^.].*\.([a-z][a-z0-9]{0,7})$/i.exec(segment)?.[1] : undefined;
  if (file !== undefined) return `*.${file.toLowerCase()}`;
  return isWord(segment) ? segment : ":id";
}

/** Character by character, because this runs for every request: letters, `_ . @ -`, and not eight hexadecimal digits or more. */
function isWord(segment: string): boolean {
  if (segment.length > LONGEST_SEGMENT) return false;
  let isHexadecimal = segment.length >= 8;
  for (let at = 0; at < segment.length; at++) {
    const code = segment.charCodeAt(at);
    const letter = code | 32; // lower case
    const isLetter = letter >= 97 && letter <= 122;
    if (!isLetter && code !== 95 && code !== 46 && code !== 64 && code !== 45) return false;
    if (!isLetter || letter > 102) isHexadecimal = false;
  }
  return !isHexadecimal;
}

/** Routes whose segments are remembered; a program that makes routes of data begins anew. */
const MAXIMUM_REMEMBERED = 1000;

/** Decides the route of each request, for a bounded number of distinct paths. */
export class RouteNames {
  readonly #maximumPaths: number;
  readonly #paths = new Set<string>();
  readonly #segments = new Map<string, number | undefined>();

  constructor(maximumPaths: number) {
    this.#maximumPaths = maximumPaths;
  }

  /** @param told What a framework told on another way. */
  of(request: IncomingMessage, status: number, told: string | undefined): string {
    const matched = told ?? matchedRoute(request);
    if (matched !== undefined) {
      const whole = this.#withMountPath(matched, askedPath(request));
      return whole === matched || this.#isBounded(whole) ? whole : matched;
    }
    if (NOT_FOUND.has(status)) return NOT_FOUND_ROUTE;
    const path = normalisedPath(askedPath(request));
    return this.#isBounded(path) ? path : OTHER_CONTEXT_VALUE;
  }

  /**
   * A router that hands its request on leaves the route behind, without the path where it is mounted: what is missing at the front is
   * then taken from the path that was asked for.
   */
  #withMountPath(route: string, asked: string): string {
    let own = this.#segments.get(route);
    if (own === undefined && !this.#segments.has(route)) {
      own = segmentsOfRoute(route);
      if (this.#segments.size >= MAXIMUM_REMEMBERED) this.#segments.clear();
      this.#segments.set(route, own);
    }
    if (own === undefined) return route;
    const missing = countSegments(asked) - own;
    if (missing <= 0) return route;
    const front = asked
      .split("/")
      .filter((segment) => segment !== "")
      .slice(0, missing);
    return normalisedPath(front.join("/")) + (route === "/" ? "" : route);
  }

  #isBounded(path: string): boolean {
    if (this.#paths.has(path)) return true;
    if (this.#paths.size >= this.#maximumPaths) return false;
    this.#paths.add(path);
    return true;
  }
}
