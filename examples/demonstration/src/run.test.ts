import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitCodeOf, Run, type Stage } from "./run.ts";
import { StartError } from "./start-error.ts";

let folder: string;
let said: string;
let run: Run;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demonstration-run-"));
  said = "";
  const output = new PassThrough();
  output.on("data", (text: Buffer) => (said += text.toString()));
  run = new Run(output as unknown as NodeJS.WriteStream);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stage = (changes: Partial<Stage> = {}): Stage => ({
  command: "npm start --",
  port: 0,
  stateFolder: join(folder, "state"),
  fresh: false,
  exampleFolder: folder,
  stopOrder: [],
  ...changes,
});
const forever = ["-e", "process.send(process.pid); setInterval(() => {}, 1000)"];

describe("a run", () => {
  test("that is ended by time leaves no process, and tells nothing of a death", async () => {
    let pid = 0;
    await run.perform(stage(), async (_, group) => {
      [pid] = (await once(group.start({ name: "worker", args: forever }), "message")) as [number];
      run.end({ kind: "time" });
      run.end({ kind: "signal", signal: "SIGINT" }); // the first reason counts
    });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect([run.ending, exitCodeOf(run.ending), said]).toEqual([{ kind: "time" }, undefined, ""]);
  });

  test("ends when one of its processes does, and tells which one, how, and the end of its log", async () => {
    await run.perform(stage(), async (_, group) => {
      group.start({ name: "worker", args: ["-e", "console.log('no luck'); process.exit(3)"] });
      await once(run.signal, "abort");
      throw new Error("whatever fails while everything ends is no news");
    });
    expect(run.ending).toMatchObject({ kind: "death", death: { name: "worker", how: "exit code 3" } });
    expect(exitCodeOf(run.ending)).toBe(1);
    expect(said).toContain("The worker ended unexpectedly (exit code 3)");
    expect(said).toContain("  | no luck");
  });

  test("whose work fails by itself tells the error, and leaves no process and no lock", async () => {
    const failing = run.perform(stage(), async (_, group) => {
      await once(group.start({ name: "worker", args: forever }), "message");
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    const again = new Run(process.stdout);
    await again.perform(stage(), async (state) => expect(existsSync(state.logs)).toBe(true));
  });

  test("does not begin at a port that is taken, and says which other to take", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const started = run.perform(stage({ port }), () => expect.unreachable("it began"));
    await expect(started).rejects.toThrow(StartError);
    await expect(started).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
    const client = connect(port, "127.0.0.1");
    await once(client, "connect"); // whoever had it still has it
    client.destroy();
    server.close();
  });
});

test("a signal is told as 128 and its number", () => {
  expect(exitCodeOf({ kind: "signal", signal: "SIGINT" })).toBe(130);
  expect(exitCodeOf({ kind: "signal", signal: "SIGTERM" })).toBe(143);
});
