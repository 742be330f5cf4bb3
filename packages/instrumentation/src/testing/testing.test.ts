import { AssertionError } from "node:assert";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { variantId } from "@trimtab/conventions";
import { afterEach, describe, expect, test } from "vitest";
import {
  configure,
  createTracker,
  defineOperation,
  type OperationHandle,
  parameters,
  recordOperation,
  track,
} from "../index.ts";
import {
  assertNotRecorded,
  assertRecorded,
  assertRecordedTimes,
  matchers,
  type ProcessRecorder,
  recordOperations,
  startRecording,
  useParameters,
} from "./index.ts";

const compress = defineOperation({
  name: "compress",
  context: ["type"],
  parameters: {
    level: { type: "integer", base: 4, min: 1, max: 9 },
    algorithm: { type: "choice", base: "gzip", choices: ["gzip", "zstd"] },
  },
});

let ofProcess: ProcessRecorder | undefined;
afterEach(() => ofProcess?.stop());

describe("a recorder", () => {
  test("holds what was said of each call, in the order of their ends", () =>
    recordOperations(async (recorder) => {
      const outer = compress.track({ type: "html" }, async (call) => {
        await Promise.resolve();
        call.cost(1, "tokens");
        call.cost(2, "tokens");
        call.partial();
      });
      track("inner", undefined, () => {});
      await outer;
      expect(recorder.calls().map(({ operation }) => operation)).toEqual(["inner", "compress"]);
      expect(recorder.calls("compress")).toEqual([
        {
          component: "unknown_service",
          operation: "compress",
          context: { type: "html" },
          outcome: "partial",
          durationMilliseconds: expect.any(Number) as number,
          quality: undefined,
          costs: { tokens: 3 },
          errorType: undefined,
          variant: variantId({ level: 4, algorithm: "gzip" }, "baseline"),
          parameters: { level: 4, algorithm: "gzip" },
        },
      ]);
    }));

  test("holds operations that were recorded afterwards, those of other components, and what is said late", () =>
    recordOperations((recorder) => {
      recordOperation("compress", { context: { type: "json" }, outcome: "failure", error: "timeout" });
      createTracker("billing").recordSuccess("charge", undefined);
      let late: OperationHandle | undefined;
      track("rated", undefined, (call) => {
        late = call;
      });
      late?.quality(0.25);
      late?.cost(3, "usd");
      assertRecorded(recorder, "compress", { errorType: "timeout", parameters: { level: 4 } });
      assertRecorded(recorder, "charge", { component: "billing", outcome: "success" });
      assertRecorded(recorder, "rated", { quality: 0.25, costs: { usd: 3 } });
      expect(recorder.calls().map(({ operation }) => operation)).toEqual(["compress", "charge", "rated"]);
    }));

  test("lets nothing of its calls become a metric, and everything of others", async () => {
    const reader = new PrometheusExporter({ preventServerStart: true });
    configure({ meterProvider: new MeterProvider({ readers: [reader] }) });
    recordOperations(() => {
      track("unseen", undefined, () => {});
    });
    track("seen", undefined, () => {});
    const page = new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics);
    expect(page).toContain('operation="seen"');
    expect(page).not.toContain("unseen");
  });

  test("of one scope hears nothing of another that runs at the same time", async () => {
    const scope = (temperature: number): Promise<void> =>
      recordOperations(async (recorder) => {
        useParameters({ compress: { level: temperature } });
        for (let turn = 0; turn < 20; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
          expect(compress.track({}, ({ parameters: { level } }) => level)).toBe(temperature);
        }
        assertRecordedTimes(recorder, "compress", 20, { parameters: { level: temperature } });
        expect(recorder.calls()).toHaveLength(20);
      });
    await Promise.all([1, 2, 3, 5, 6, 7, 8, 9].map(scope));
  });

  test("of the process records what runs in no scope, begins anew after reset, and there is one", () => {
    ofProcess = startRecording();
    expect(startRecording).toThrow("is there already");
    useParameters({ compress: { level: 9 } });
    recordOperations((inner) => {
      expect(compress.track({}, ({ parameters: { level } }) => level)).toBe(4);
      assertRecorded(inner, "compress");
    });
    assertNotRecorded(ofProcess, "compress");
    expect(compress.track({}, ({ parameters: { level } }) => level)).toBe(9);
    assertRecordedTimes(ofProcess, "compress", 1);
    ofProcess.reset();
    expect(ofProcess.calls()).toEqual([]);
    expect(compress.track({}, ({ parameters: { level } }) => level)).toBe(4);
    ofProcess.stop();
    compress.track({}, () => {});
    assertRecordedTimes(ofProcess, "compress", 1);
  });
});

describe("fixed parameters", () => {
  test("hold inside and outside of calls, under the id that these values have", () =>
    recordOperations((recorder) => {
      useParameters({ compress: { level: 7 } });
      const asked = parameters("compress", { type: "html" });
      expect(asked.values).toEqual({ level: 7, algorithm: "gzip" });
      expect(asked.variant).toBe(variantId({ level: 7, algorithm: "gzip" }));
      compress.track({ type: "html" }, () => {}, { parameters: asked });
      assertRecorded(recorder, "compress", { variant: asked.variant, parameters: { level: 7 } });
    }));

  test("may differ by context, and leave contexts alone", () =>
    recordOperations(() => {
      useParameters({ compress: ({ type }) => (type === "html" ? { level: 1 } : undefined) });
      expect(compress.parameters({ type: "html" }).values.level).toBe(1);
      expect(compress.parameters({ type: "json" })).toMatchObject({ values: { level: 4 }, source: "base" });
    }));

  test("serve an operation that nobody defined", () =>
    recordOperations(() => {
      useParameters({ undefined_anywhere: { retries: 3 } });
      expect(parameters("undefined_anywhere", {}, { base: { retries: 1, wait: 5 } }).values).toEqual({
        retries: 3,
        wait: 5,
      });
    }));

  test("that the operation does not allow are refused where they are fixed", () => {
    expect(() => recordOperations(() => useParameters({ compress: { level: 99, speed: 1 } }))).toThrow(
      /operation "compress" cannot have these parameters: level .*; speed is no parameter of this operation/,
    );
    expect(() => useParameters({ compress: { level: 1 } })).toThrow("inside recordOperations");
  });
});

describe("an assertion that fails", () => {
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(AssertionError);
      return (error as AssertionError).message;
    }
    throw new Error("it did not fail");
  };

  test("says what was expected and what there was", () =>
    recordOperations((recorder) => {
      expect(message(() => assertRecorded(recorder, "compress"))).toBe(
        'no call of "compress" was recorded: nothing was recorded at all',
      );
      recordOperation("upload", { outcome: "failure", error: "timeout", durationMilliseconds: 1200, variant: "v-x" });
      expect(message(() => assertRecorded(recorder, "compress", { outcome: "success" }))).toBe(
        'no call of "compress" with { outcome: "success" } was recorded: it had no calls; others were\n' +
          "  1. upload {}: failure (timeout), 1200.0 ms, variant v-x",
      );
      const expected = { outcome: "success", context: { type: "html" } } as const;
      recordOperation("compress", { context: { type: "html" }, outcome: "success", quality: 0.5, variant: "v-x" });
      expect(message(() => assertRecordedTimes(recorder, "compress", 2, expected))).toBe(
        '"compress" with { outcome: "success", context: { type: "html" } } was to be recorded 2 times and was 1 times: its calls were\n' +
          '  1. compress { type: "html" }: success, quality 0.5, variant v-x',
      );
      expect(message(() => assertNotRecorded(recorder, "compress"))).toMatch(/should not have been:\n {2}1\. compress/);
    }));

  test("says the same through a matcher", () =>
    recordOperations((recorder) => {
      track("compress", { type: "html" }, () => {});
      const { pass, message: text } = matchers.toHaveRecorded(recorder, "compress", { outcome: "failure" });
      expect(pass).toBe(false);
      expect(text()).toBe(message(() => assertRecorded(recorder, "compress", { outcome: "failure" })));
      expect(matchers.toHaveRecordedTimes(recorder, "compress", 1).pass).toBe(true);
    }));

  test.each([
    [{ quality: 0.1 + 0.2 }, { quality: 0.3 }, true],
    [{ quality: 0.4 }, { quality: 0.3 }, false],
    [{}, { quality: (): boolean => true }, false],
    [{ context: { type: 7 } }, { context: { type: 7 } }, true],
    [{ cost: { amount: 2, unit: "usd" } }, { costs: { usd: (amount: number): boolean => amount < 2 } }, false],
    [{}, { context: { type: "html" } }, false],
    [{}, { durationMilliseconds: 5 }, false],
  ])("of a call %j expected as %j: %s", (said, expected, passes) =>
    recordOperations((recorder) => {
      recordOperation("compress", { outcome: "success", ...said });
      expect(matchers.toHaveRecorded(recorder, "compress", expected).pass).toBe(passes);
    }),
  );
});

describe("docs/testing.md", () => {
  const page = readFileSync(new URL("../../../../docs/testing.md", import.meta.url), "utf8");
  const example = (name: string): string =>
    readFileSync(new URL(name, import.meta.url), "utf8").replaceAll("lyrics.test.support.ts", "lyrics.ts");

  test.each(["lyrics.test.support.ts", "lyrics.test.ts", "lyrics-node.test.support.ts"])(
    "shows %s as it is",
    (name) => {
      expect(page).toContain(`\`\`\`ts\n${example(name)}\`\`\``);
    },
  );

  test("shows tests that pass under node:test", async () => {
    const file = new URL("lyrics-node.test.support.ts", import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=source",
      "--test",
      "--test-reporter=tap",
      file,
    ]);
    expect(stdout).toMatch(/^# pass 2$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });
});
