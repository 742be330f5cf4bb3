/** The parts of this example as parts of a system: the service, and the stand-in for the language models. */
import { fileURLToPath } from "node:url";
import type { SystemHelper, SystemService } from "@trimtab/example-demonstration/system";
import { COMPONENT, TRIMTAB_FILE } from "./configuration.ts";
import { standInEnvironment } from "./start-processes.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const FOLDER = path("..");

/** Its trimtab.yaml. */
export const CONFIGURATION: string = TRIMTAB_FILE;

/** The stand-in. A real endpoint costs money at the rate of a demonstration, so it is not taken from the environment here. */
export const MODELS: SystemHelper = {
  name: "models",
  folder: FOLDER,
  program: path("stand-in/main.ts"),
  args: ({ seed }, port) => [`--port=${port}`, `--seed=${seed}`],
};

/** The service. */
export const ORCHESTRATOR: SystemService = {
  name: "llm-orchestrator",
  component: COMPONENT,
  folder: FOLDER,
  program: path("service.ts"),
  environment: ({ urls }) => standInEnvironment(urls[MODELS.name] ?? ""),
  hasFeedback: false,
};
