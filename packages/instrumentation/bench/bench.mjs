/**
 * Everything about the cost of this package: of a call, of a scrape. Takes about six minutes.
 *
 *     node scripts/dev.mjs bench instrumentation [turns]
 */
process.argv[2] ??= "5";
await import("./overhead.mjs");
process.argv.length = 2;
await import("./scrape.mjs");
