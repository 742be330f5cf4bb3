// Some services in one process, each with a stream of its own, as a service's package listens. Tells how long after its decision each
// holds a revision, on the clock that all processes of a machine share.
import { Instrumentation } from "../../packages/instrumentation/src/instance.ts";
import { TOKEN } from "./served.mjs";

const [url = "", count = "0"] = process.argv.slice(2);

for (let index = 0; index < Number(count); index++) {
  const service = new Instrumentation({ component: "llm_orchestrator" });
  service.parameters.listen((event) => {
    if (event.kind !== "document") return;
    const { revision, issuedAt } = event.document;
    process.send?.({ revision, delay: Date.now() - Date.parse(issuedAt) });
  });
  service.configure({ controllerUrl: url, token: TOKEN, pollIntervalMilliseconds: 3_600_000 });
}
process.on("message", () => {});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: 0 });
