/**
 * The stand-in as a process of its own:
 *
 *     node --conditions=source src/stand-in/main.ts [--port 8089] [--seed 1]
 *
 * The base URLs are `http://127.0.0.1:<port>/<provider>/v1`; any API key is taken.
 */
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { stopWithParent } from "@trimtab/example-demonstration/parent";
import { createStandIn } from "./server.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "8089" }, seed: { type: "string", default: "1" } },
});
const [port, seed] = [Number(values.port), Number(values.seed)];
if (!(Number.isInteger(port) && port >= 0 && port <= 65_535 && Number.isInteger(seed))) {
  console.error("usage: main.ts [--port <0 to 65535, 0: any free one>] [--seed <whole number>]");
  process.exit(2);
}

const server = createStandIn({ seed });
server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
const stop = (): void => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
stopWithParent();
server.listen(port, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  console.log(`stand-in at ${url}/<provider>/v1, seed ${seed}`);
  process.send?.({ url });
});
