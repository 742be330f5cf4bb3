// The floor: node:http and nothing else. It reads and parses what the controller reads and parses, looks one object up, and answers as
// many bytes. Tells its port, and its CPU time when it is asked.
import { createServer } from "node:http";
import { answerCpu } from "./processes.mjs";
import { GENRES, KEY, MOODS } from "./served.mjs";

const ETAG = '"0123456789abcdefghijkl"';
const DOCUMENT = Buffer.from(process.argv[2] ?? "", "base64");

/** @type {Map<string, object>} */
const answers = new Map();
for (const genre of GENRES) {
  for (const mood of MOODS) {
    answers.set(`${genre} ${mood}`, {
      key: KEY,
      reason: "SPLIT",
      value: { temperature: 0.6, retries: 3 },
      variant: "v-k7xq2sh5ta",
      metadata: {
        component: "llm_orchestrator",
        operation: "generate_lyrics",
        revision: "187-4c1fabcd",
        context: `genre=${genre},mood=${mood}`,
        decision: "01J0000000000000000000000",
        role: "incumbent",
        handle: "t1.".padEnd(170, "x"),
      },
    });
  }
}

/** @param {import("node:http").ServerResponse} response @param {string} text */
function sendJson(response, text) {
  response
    .writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Content-Length": Buffer.byteLength(text) })
    .end(text);
}

const server = createServer((request, response) => {
  if (request.method === "GET") {
    if (request.headers["if-none-match"] === ETAG) response.writeHead(304, { ETag: ETAG }).end();
    else
      response
        .writeHead(200, {
          ETag: ETAG,
          "Content-Type": "application/json; charset=utf-8",
          "Content-Length": DOCUMENT.length,
        })
        .end(DOCUMENT);
    return;
  }
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => (text += chunk));
  request.on("end", () => {
    const { context } = JSON.parse(text);
    if (request.headers["if-none-match"] === ETAG) return void response.writeHead(304, { ETag: ETAG }).end();
    const answer = answers.get(`${context.genre} ${context.mood}`);
    sendJson(response, JSON.stringify(request.url?.endsWith("/flags") ? { flags: [answer] } : answer));
  });
});
server.listen(0, "127.0.0.1", () => answerCpu(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
