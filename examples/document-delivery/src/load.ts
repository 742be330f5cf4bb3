/**
 * The load: asks the service on this machine for documents, at a fixed rate per content type, until it is stopped.
 *
 *     node src/load.ts --url http://127.0.0.1:8080 [--rate 30] [--for 60s]
 *
 * It is bounded: while `MAXIMUM_IN_FLIGHT` requests are under way the next one is left out and counted. A queue would measure
 * the queue. Of every hundred answers a few are decoded and compared, byte by byte, with the document they claim to be.
 */
import { Agent, get, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { parseDuration } from "@trimtab/conventions";
import { stopWithParent } from "@trimtab/example-demonstration/parent";
import { ALGORITHMS, CONTENT_CODINGS, decompress } from "./compression.ts";
import { DOCUMENT_TYPES, type DocumentType, loadDocuments } from "./documents.ts";
import type { LoadCounts } from "./load-counts.ts";

const MAXIMUM_IN_FLIGHT = 4;
const REQUEST_TIMEOUT_MILLISECONDS = 10_000;
const VERIFY_EVERY = 25;

/** What a browser of today sends. */
const ACCEPT_ENCODING = "gzip, deflate, br, zstd";

const { values } = parseArgs({
  options: { url: { type: "string" }, rate: { type: "string", default: "30" }, for: { type: "string" } },
});
const rate = Number(values.rate);
const duration = values.for === undefined ? undefined : parseDuration(values.for);
if (
  values.url === undefined ||
  !isLoopback(values.url) ||
  !(rate > 0 && rate <= 200) ||
  (values.for !== undefined && duration === undefined)
) {
  console.error(
    "usage: load.ts --url http://127.0.0.1:<port> [--rate <requests per second and type, up to 200>] [--for 60s]",
  );
  process.exit(2);
}
const origin = values.url;

const library = loadDocuments();
const agent = new Agent({ keepAlive: true, maxSockets: MAXIMUM_IN_FLIGHT });
const counts = { answered: 0, failed: 0, leftOut: 0, verified: 0 };
let lastFailure: string | undefined;
let inFlight = 0;

async function request(type: DocumentType, number: number): Promise<void> {
  inFlight++;
  try {
    const response = await open(`${origin}/documents/${type}/${number}`);
    const body = await buffer(response);
    if (response.statusCode !== 200) throw new Error(`${type}/${number} was answered with ${response.statusCode}`);
    if (counts.answered % VERIFY_EVERY === 0) {
      const algorithm = ALGORITHMS.find((each) => CONTENT_CODINGS[each] === response.headers["content-encoding"]);
      const decoded = algorithm === undefined ? body : await decompress(algorithm, body);
      if (library[type][number]?.body.equals(decoded) !== true)
        throw new Error(`${type}/${number} came back as another document`);
      counts.verified++;
    }
    counts.answered++;
  } catch (error) {
    counts.failed++;
    lastFailure = error instanceof Error ? error.message : String(error);
  } finally {
    inFlight--;
  }
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { "Accept-Encoding": ACCEPT_ENCODING }, timeout: REQUEST_TIMEOUT_MILLISECONDS }, resolve)
      .on("timeout", function (this: { destroy(error: Error): void }) {
        this.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MILLISECONDS / 1000} s`));
      })
      .on("error", reject);
  });
}

/** Documents of a type in turn, so that every setting meets the same mixture; the gaps vary by a quarter, so that types do not march in step. */
function askFor(type: DocumentType, number: number): void {
  const gapMilliseconds = (1000 / rate) * (0.75 + Math.random() / 2);
  setTimeout(() => {
    if (inFlight >= MAXIMUM_IN_FLIGHT) counts.leftOut++;
    else void request(type, number);
    askFor(type, (number + 1) % library[type].length);
  }, gapMilliseconds);
}

function report(): void {
  const message: LoadCounts = { ...counts, ...(lastFailure === undefined ? {} : { lastFailure }) };
  if (process.send !== undefined) process.send(message);
}

function stop(): void {
  report();
  if (process.send === undefined) console.log(JSON.stringify({ ...counts, lastFailure }));
  process.exit(0);
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
stopWithParent();
for (const type of DOCUMENT_TYPES) askFor(type, 0);
setInterval(report, 1000);
if (duration !== undefined) setTimeout(stop, duration);
