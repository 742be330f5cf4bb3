/** Writes the dashboards to the folder that is named, or to `grafana/dashboards`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { dashboardFiles } from "./dashboards.ts";

const folder = resolve(process.argv[2] ?? fileURLToPath(new URL("../dashboards", import.meta.url)));
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(dashboardFiles())) {
  writeFileSync(join(folder, name), text);
  const panels = text.match(/"gridPos"/g)?.length ?? 0;
  console.log(`${join(folder, name)}: ${panels} panels and rows`);
}
