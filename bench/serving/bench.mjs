// What serving costs: requests against a bare server, a read in the service, a change on its way to 200 services, and reads while the
// controller learns. Takes about five minutes.
//
// usage: node scripts/dev.mjs bench serving [requests | reads | streams | learning]
import { printVerdict } from "./targets.mjs";

const parts = {
  requests: async () => (await import("./requests.mjs")).measureRequests(),
  reads: async () => (await import("./reads.mjs")).measureReads(),
  streams: async () => (await import("./streams.mjs")).measureStreams(),
  learning: async () => (await import("./learning.mjs")).measureLearning(),
};

const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  await measure();
}
printVerdict();
process.exit(0); // connections that are still open need not be waited for
