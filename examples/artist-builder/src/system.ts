/** The parts of this example as parts of a system: the service, and the people around it. */
import { fileURLToPath } from "node:url";
import type { SystemPeople, SystemService } from "@trimtab/example-demonstration/system";
import { COMPONENT } from "./component.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The folder of this example. */
export const FOLDER: string = path("..");

/** Its trimtab.yaml. */
export const CONFIGURATION: string = path("../trimtab.yaml");

/** The service. */
export const BUILDER: SystemService = {
  name: "artist-builder",
  component: COMPONENT,
  folder: FOLDER,
  program: path("service.ts"),
  environment: (_places, stateFolder) => ({ ARTIST_BUILDER_STATE: stateFolder }),
  hasFeedback: true,
};

/** The artists who hand in requests, and the people who rate what came of them. */
export const APPLICANTS: SystemPeople = {
  name: "applicants",
  deeds: "requests for profiles",
  folder: FOLDER,
  program: path("load.ts"),
  args: ({ urls, rate, seed }) => [`--url=${urls[BUILDER.name] ?? ""}`, `--rate=${rate}`, `--seed=${seed}`],
};
