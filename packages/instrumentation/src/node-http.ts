/**
 * Node's HTTP, without what comes with an import of it: an ES module that imports `node:http` reads all its exports, and among them are
 * some that load a second HTTP client, 15 MiB and 40 ms at the start of every service.
 */
import { createRequire } from "node:module";

const load = createRequire(process.execPath); // from anywhere: only what Node itself has is loaded

/** The module `node:http`. */
export function nodeHttp(): typeof import("node:http") {
  return load("node:http") as typeof import("node:http");
}

/** The module `node:https`; with all of TLS, so only where somebody speaks it. */
export function nodeHttps(): typeof import("node:https") {
  return load("node:https") as typeof import("node:https");
}
