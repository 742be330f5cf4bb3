/**
 * Everything about the cost of this package: of a call, of a scrape, of an HTTP request and of the start. Takes about seven minutes.
 *
 *     node scripts/dev.mjs bench instrumentation [turns]
 */
process.argv[2] ??= "5";
await import("./overhead.mjs");
process.argv.length = 2;
await import("./scrape.mjs");
await import("./http.mjs");
const { printTargets } = await import("./targets.mjs");
printTargets();
