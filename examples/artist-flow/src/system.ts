/** The parts of this example as parts of a system: the service, and the platform with its audiences. */
import { fileURLToPath } from "node:url";
import type { SystemPeople, SystemService } from "@trimtab/example-demonstration/system";
import { COMPONENT } from "./component.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The folder of this example. */
export const FOLDER: string = path("..");

/** Its trimtab.yaml. */
export const CONFIGURATION: string = path("../trimtab.yaml");

/** The service. */
export const FLOW: SystemService = {
  name: "artist-flow",
  component: COMPONENT,
  folder: FOLDER,
  program: path("service.ts"),
  environment: ({ urls, seed }, stateFolder) => ({
    ARTIST_FLOW_STATE: stateFolder,
    ARTIST_FLOW_SEED: String(seed),
    PLATFORM_URL: urls["audience"] ?? "",
    ...(urls["llm-orchestrator"] === undefined ? {} : { LLM_ORCHESTRATOR_URL: urls["llm-orchestrator"] }),
    ...(urls["artist-builder"] === undefined ? {} : { ARTIST_BUILDER_URL: urls["artist-builder"] }),
  }),
  hasFeedback: true,
};

/** The platform, its audiences, and the people who order posts. */
export const AUDIENCE: SystemPeople = {
  name: "audience",
  deeds: "posts",
  folder: FOLDER,
  program: path("load.ts"),
  args: ({ urls, rate, seed }, port) => [
    `--url=${urls[FLOW.name] ?? ""}`,
    `--port=${port}`,
    `--rate=${rate}`,
    `--seed=${seed}`,
  ],
};
