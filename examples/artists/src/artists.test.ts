/** The whole system for some seconds, with the controller killed in the middle: what people say late counts once, and suggestions arrive. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DEMO = fileURLToPath(new URL("demo.ts", import.meta.url));

test("feedback is processed exactly once across kill -9, and an accepted suggestion changes the artist once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "example-artists-"));
  const file = join(folder, "summary.json");
  const options = [
    "--for",
    "10s",
    "--rate",
    "20",
    "--kill",
    "--plain-texts",
    "--port",
    "0",
    "--state",
    join(folder, "state"),
    "--json",
    file,
  ];
  const node = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
  const demo = spawn(process.execPath, [...node, DEMO, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, "close")]);
  expect(errors).toBe("");
  const summary = JSON.parse(readFileSync(file, "utf8"));
  const { account, suggestions, applied, kills, missing } = summary;
  expect(kills).toBe(1);
  expect(account.problems).toEqual([]);
  expect(account.failedBatches).toBeGreaterThan(0); // there was nobody who could have taken them
  expect(account.sent).toBeGreaterThan(100);
  expect(account.kept).toBe(account.sent);
  expect(account.learntOnce).toBe(account.scored);
  const delivered = suggestions.filter((each: any) => each.status === "delivered");
  expect(delivered.length).toBeGreaterThan(0);
  expect(delivered[0]).toMatchObject({ suggestion: "increase_uniqueness", confidence: 0.7, target: "artist_builder" });
  expect(applied.map(({ id }: any) => id).toSorted()).toEqual(delivered.map(({ id }: any) => id).toSorted());
  expect(applied.some(({ changed }: any) => changed)).toBe(true);
  // In so short a run nothing need be proven yet; the exit code says whether it was.
  expect(missing.every((each: string) => each.startsWith("nothing is proven yet"))).toBe(true);
  expect(code).toBe(missing.length === 0 ? 0 : 1);
  expect(output).toContain(missing.length === 0 ? "all feedback exactly once" : "This run has not shown everything");
  rmSync(folder, { recursive: true });
}, 240_000);
