/**
 * Runs every command of docs/tutorial.md, from the new module to the learned parameter at the controller.
 *
 * `npm run --silent pack` is what the set-up of these tests has done, and `npm install` is done by unpacking the same tarballs: tests
 * reach no registry. Ports are others than the page's, because tests run side by side.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, inject, test } from "vitest";
import { cleanUp, freePort, type RunningProcess, root, start, until } from "../end-to-end/processes.ts";
import { moduleFolder, shellEnvironment } from "./module-folder.ts";

afterEach(cleanUp);

const exec = promisify(execFile);
const page = readFileSync(join(root, "docs/tutorial.md"), "utf8");
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) => (block ?? "").trim().split("\n"));

/** What follows `npm run --silent trimtab --`. */
function trimtabArguments(command: string): string[] {
  return command.replace("npm run --silent trimtab -- ", "").split(" ");
}

test("from a new module to a learned parameter at the controller", { timeout: 300_000 }, async () => {
  const [pack, create, enter, install, ...rest] = commands;
  const [runTests, startAlone, serve, startWithController, status, explain, ...none] = rest;
  expect([pack, enter, install, runTests, startAlone, none]).toEqual([
    "npm run --silent pack",
    "cd ../song-writer",
    "npm install",
    "npm test",
    "npm start",
    [],
  ]);
  const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
  expect([scripts.pack, scripts.trimtab]).toEqual(["node scripts/dev.mjs pack", "node scripts/dev.mjs trimtab"]);

  const folder = moduleFolder();
  const module = join(folder, "song-writer");
  const [port, metricsPort, otherMetricsPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const here = (text: string): string =>
    text.replaceAll("../song-writer", module).replaceAll("4600", String(port)).replaceAll("9464", String(metricsPort));
  const cli = ["--conditions=source", join(root, "packages/controller/src/cli/cli.ts")];
  const trimtab = async (command: string | undefined, ...more: string[]): Promise<string> => {
    const args = [...cli, ...trimtabArguments(here(command ?? "")), ...more];
    return (await exec(process.execPath, args, { cwd: root, env: shellEnvironment() })).stdout;
  };

  expect(await trimtab(create, "--packages", inject("tarballs"))).toContain("npm test");
  const { dependencies } = JSON.parse(readFileSync(join(module, "package.json"), "utf8"));
  expect(dependencies["@trimtab/module-kit"]).toMatch(/^file:.*trimtab-module-kit-0\.1\.0\.tgz$/);
  writeFileSync(join(module, "trimtab.yaml"), here(readFileSync(join(module, "trimtab.yaml"), "utf8")));

  const inModule = (
    name: string,
    command: string | undefined,
    environment: Readonly<Record<string, string>>,
  ): RunningProcess =>
    start(name, "sh", ["-c", here(command ?? "")], { cwd: module, env: shellEnvironment(environment) });
  const tests = inModule("npm test", runTests, {});
  const alone = inModule("npm start", startAlone, { METRICS_PORT: String(otherMetricsPort) });
  const controllerArguments = [...cli, ...trimtabArguments(here(serve ?? ""))];
  const controller = start("trimtab serve", process.execPath, controllerArguments, { env: shellEnvironment() });
  await until("the controller", async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, {
    watching: [controller],
    seconds: 60,
  });
  const serveRuns = (): RunningProcess =>
    inModule("npm start with a controller", startWithController, { METRICS_PORT: String(metricsPort) });
  let served = serveRuns();

  await until(
    "an adaptation at the controller",
    async () => {
      if (!served.isRunning()) served = serveRuns(); // a machine that is busy with other tests needs longer
      const response = await fetch(`http://127.0.0.1:${port}/v1/adaptations?component=song_writer&status=applied`);
      return ((await response.json()) as { adaptations: readonly unknown[] }).adaptations.length > 0;
    },
    { watching: [controller], seconds: 200 },
  );
  expect(await trimtab(status)).toContain("song_writer");
  expect(await trimtab(explain)).toMatch(/share|pick/);
  expect((await fetch(`http://127.0.0.1:${port}/`)).headers.get("content-type")).toContain("text/html");

  expect(await served.ended).toBe(0);
  expect(await tests.ended).toBe(0);
  expect(tests.output()).toMatch(/fail 0\n/);
  expect(await alone.ended).toBe(0);
  expect(alone.output()).toMatch(/\d+ adaptations, the newest first:\n/);
});
