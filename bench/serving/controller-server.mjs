// The controller as shipped: tokens, metrics, its log at level info.
import { loadConfig } from "../../packages/controller/src/config.ts";
import { createLog } from "../../packages/controller/src/logging.ts";
import { startController } from "../../packages/controller/src/main.ts";
import { watchLoop } from "./loop-watch.mjs";
import { answerCpu } from "./processes.mjs";

const [file = ""] = process.argv.slice(2);
const log = createLog({ level: "info", format: "json", hasColor: false, write: () => {}, now: Date.now });
const controller = await startController(loadConfig(file, process.env), { log });
answerCpu(Number(new URL(controller.url).port), { loop: watchLoop() });
