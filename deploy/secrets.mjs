// Writes what deploy/compose.yaml needs to be secret into deploy/secrets, at random, each once: what is there stays as it is.
// usage: node deploy/secrets.mjs [folder]
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.argv[2] ?? fileURLToPath(new URL("secrets", import.meta.url));
// Only its owner may enter. The files themselves are readable, because the processes in the containers are other users.
mkdirSync(folder, { recursive: true, mode: 0o700 });

/** @param {string} name @param {() => string} content */
function writeOnce(name, content) {
  const path = join(folder, name);
  if (existsSync(path)) return console.log(`kept     ${path}`);
  writeFileSync(path, content(), { mode: 0o644, flag: "wx" });
  console.log(`written  ${path}`);
}

for (const name of ["services-token", "monitoring-token", "alertmanager-token", "people-token", "grafana-password"]) {
  writeOnce(name, () => randomBytes(24).toString("base64url"));
}
writeOnce(
  "document-delivery.env",
  () => `TRIMTAB_TOKEN=${readFileSync(join(folder, "services-token"), "utf8").trim()}\n`,
);
