/**
 * Modules of Node that few services need at their start, without what comes with an import of them: an ES module that imports `node:http`
 * reads all its exports, and among them are some that load a second HTTP client, 15 MiB and 40 ms at the start of every service.
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

/** The module `node:zlib`; for the first page that is asked for in less bytes. */
export function nodeZlib(): typeof import("node:zlib") {
  return load("node:zlib") as typeof import("node:zlib");
}

/** The module `node:crypto`; 3 MiB, for the first record that is sent. */
export function nodeCrypto(): typeof import("node:crypto") {
  return load("node:crypto") as typeof import("node:crypto");
}

/** The module `node:v8`; for the heap of operations at the level `comprehensive`. */
export function nodeV8(): typeof import("node:v8") {
  return load("node:v8") as typeof import("node:v8");
}
