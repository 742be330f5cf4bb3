/** Where processes of another user than that of the tests can read what a test has made. */
import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";

/** The temporary folder, or another one where the tests run as root and other users may not enter that. */
export function openFolder(): string {
  if (process.getuid?.() !== 0) return tmpdir();
  const found = [tmpdir(), "/tmp", "/var/tmp"].find(mayEverybodyEnter);
  if (found === undefined) {
    throw new Error(
      "the tests run as root and start programs as another user, who may enter neither /tmp nor /var/tmp",
    );
  }
  return found;
}

function mayEverybodyEnter(folder: string): boolean {
  if (!existsSync(folder) || (statSync(folder).mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || mayEverybodyEnter(parent);
}
