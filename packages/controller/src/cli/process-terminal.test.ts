import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { startCli } from "./running-cli.ts";

test("whoever stops reading ends the program quietly", { timeout: 60_000 }, async () => {
  // Gone before the program writes its first line: the write fails with EPIPE.
  const cli = startCli(["schema"], { cwd: tmpdir() });
  cli.process.stdout.destroy();
  const { code, err } = await cli.ended;
  expect([code, err]).toEqual([0, ""]);
});

test("there is no color where there is no terminal", { timeout: 60_000 }, async () => {
  const { out, err } = await startCli(["doctor", "--config", "there-is-none.yaml"], { cwd: tmpdir() }).ended;
  expect(`${out}${err}`).toContain("wrong  configuration");
  expect(`${out}${err}`).not.toContain("\u001b[");
});
