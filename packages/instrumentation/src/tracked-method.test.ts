import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, currentOperation, defineOperation, tracked } from "./index.ts";

/** Neither Node nor the tests' own loader knows decorators yet: it goes through the compiler, as a service's code does. */
const SOURCE = `
export function define(tracked, name, currentOperation) {
  class Writer {
    constructor() { this.style = "calm"; }
    @tracked(name + ".write", { context: (genre) => ({ genre }) })
    async write(genre, times = 1) {
      await null;
      if (genre === "polka") throw new RangeError("no polka");
      return this.style + " " + genre.repeat(times) + " in " + currentOperation().operation;
    }
    @tracked(name + ".styled", { context() { return { genre: this.style }; } })
    styled() { return this; }
    @tracked()
    unnamed() { return currentOperation().operation; }
    @tracked(name + ".static", { component: "press" })
    static shared() { return this === Writer; }
  }
  return Writer;
}`;

interface Writer {
  readonly style: string;
  write(genre: string, times?: number): Promise<string>;
  styled(): Writer;
  unnamed(): string;
}
type WriterClass = { new (): Writer; shared(): boolean };
interface Fixture {
  define(decorator: typeof tracked, name: string, current: typeof currentOperation): WriterClass;
}

let directory = "";
let scrape: () => Promise<readonly Sample[]>;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "trimtab-decorators-"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  writeFileSync(join(directory, "writer.ts"), SOURCE);
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  for (const kind of ["standard", "older"]) {
    const options = ["--ignoreConfig", "--noCheck", "--target", "es2022", "--module", "nodenext", "--types", ""];
    const older = kind === "older" ? ["--experimentalDecorators"] : [];
    execFileSync(process.execPath, [
      compiler,
      ...options,
      ...older,
      "--outDir",
      join(directory, kind),
      join(directory, "writer.ts"),
    ]);
  }
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each(["standard", "older"])("with %s decorators, a method", (kind) => {
  const calls = async (operation: string, outcome: string, labels: Record<string, string> = {}) =>
    sumOf(await scrape(), "trimtab_operation_calls_total", { operation, outcome, ...labels });

  test("is tracked, and is the method that it was", async () => {
    const fixture = (await import(pathToFileURL(join(directory, kind, "writer.js")).href)) as Fixture;
    for (const operation of ["write", "styled"]) defineOperation({ name: `${kind}.${operation}`, context: ["genre"] });
    const Writer = fixture.define(tracked, kind, currentOperation);
    const writer = new Writer();
    expect(await writer.write("rock", 2)).toBe(`calm rockrock in ${kind}.write`);
    await expect(writer.write("polka")).rejects.toThrow("no polka");
    expect(writer.styled()).toBe(writer);
    expect(writer.unnamed()).toBe("unnamed");
    expect(Writer.shared()).toBe(true);
    expect([writer.write.name, writer.write.length]).toEqual(["write", 1]);
    expect(await calls(`${kind}.write`, "success", { ctx_genre: "rock" })).toBe(1);
    expect(await calls(`${kind}.write`, "failure", { ctx_genre: "polka" })).toBe(1);
    expect(await calls(`${kind}.styled`, "success", { ctx_genre: "calm" })).toBe(1);
    expect(await calls(`${kind}.static`, "success", { component: "press" })).toBe(1);
  });
});

test("a decorated field stays what it is", () => {
  const decorate = tracked("field") as unknown as (value: unknown, context: unknown) => unknown;
  expect(decorate(undefined, { kind: "field", name: "field" })).toBeUndefined();
});
