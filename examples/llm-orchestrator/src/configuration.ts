/** The example's own trimtab.yaml, and what the program makes of it for its controller. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";

/** The component in trimtab.yaml. */
export const COMPONENT = "llm_orchestrator";

/** Its operations, each with the context key by which it learns. */
export const OPERATIONS = {
  generate_lyrics: "genre",
  recover: "previous_error_type",
  call_provider: "provider",
} as const;

/** The name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** The genres that the load asks for. */
export const GENRES = ["rock", "rap", "lullaby", "folk"] as const;

/** The file that people read. */
export const TRIMTAB_FILE: string = fileURLToPath(new URL("../trimtab.yaml", import.meta.url));

/** Where the controller listens, keeps its state and finds its metrics. */
export interface ControllerPlaces {
  readonly listen: string;
  readonly storePath: string;
  readonly metricsPage: string;
}

/** Writes trimtab.yaml with these places put in; everything else stays as it is, comments too. */
export function writeControllerConfiguration(path: string, { listen, storePath, metricsPage }: ControllerPlaces): void {
  const document = parseDocument(readFileSync(TRIMTAB_FILE, "utf8"));
  document.setIn(["controller", "listen"], listen);
  document.setIn(["controller", "store"], document.createNode({ kind: "sqlite", path: storePath }));
  document.setIn(["metrics", "scrape"], document.createNode([metricsPage]));
  writeFileSync(path, document.toString({ lineWidth: 0 }));
}
