// A service that never ends and has thousands of contexts, as a metrics page: every counter grows with each scrape, so that in each cycle
// there is evidence of all of them.
import { createServer } from "node:http";
import { variantId } from "@trimtab/conventions";
import { answerCpu } from "./processes.mjs";

const contexts = Number(process.argv[2] ?? "0");
const variants = [
  variantId({ temperature: 0.7, retries: 2 }, "baseline"),
  variantId({ temperature: 0.6, retries: 3 }),
  variantId({ temperature: 0.5, retries: 3 }),
];
const startedAt = Date.now() / 1000;
let scrapes = 0;

function page() {
  scrapes++;
  const lines = [
    "# TYPE trimtab_process_start_time_seconds gauge",
    `trimtab_process_start_time_seconds ${startedAt}`,
    "# TYPE trimtab_operation_calls_total counter",
  ];
  for (let context = 0; context < contexts; context++) {
    for (const [index, variant] of variants.entries()) {
      const labels = `component="llm_orchestrator",operation="generate_lyrics",variant="${variant}",ctx_genre="genre-${context}",ctx_mood="calm"`;
      const calls = scrapes * 20;
      lines.push(
        `trimtab_operation_calls_total{${labels},outcome="success"} ${Math.floor(calls * (0.9 - index * 0.02))}`,
        `trimtab_operation_calls_total{${labels},outcome="failure"} ${Math.floor(calls * (0.1 + index * 0.02))}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

const server = createServer((_, response) => {
  response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }).end(page());
});
server.listen(0, "127.0.0.1", () => answerCpu(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
