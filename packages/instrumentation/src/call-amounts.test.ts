import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { parseResultHandle, variantId } from "@trimtab/conventions";
import { beforeEach, describe, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, createTracker, defineOperation, type OperationHandle, recordOperation, track } from "./index.ts";
import { Instrumentation } from "./instance.ts";

let scrape: () => Promise<readonly Sample[]>;
let name = "";
let number = 0;

const of = async (series: string, labels: Record<string, string> = {}): Promise<number | undefined> =>
  sumOf(await scrape(), series, { operation: name, ...labels });
const tokens = (type: string) => of("trimtab_operation_tokens_total", { type });
const engagement = (type: string) => of("trimtab_operation_engagement_total", { type });

beforeEach(() => {
  name = `amounts_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("tokens", () => {
  test("count by type, add up within a call, and are a cost that an objective may weigh", async () => {
    track(name, {}, (call) => {
      call.tokens({ input: 100, output: 20 });
      call.tokens({ output: 30 });
    });
    recordOperation(name, { outcome: "success", tokens: { input: 50 } });
    expect([await tokens("input"), await tokens("output")]).toEqual([150, 50]);
    expect(await of("trimtab_operation_cost_total", { unit: "tokens" })).toBe(200);
    expect(await of("trimtab_operation_cost_squares_total", { unit: "tokens" })).toBe(150 ** 2 + 50 ** 2);
  });

  test("that are no amount are left out, and the others count", async () => {
    const nasty = {
      get input(): number {
        throw new Error("trap");
      },
    };
    track(name, {}, (call) => {
      call.tokens({ input: Number.NaN, output: 5 });
      call.tokens({ input: -1 });
      call.tokens(nasty);
      call.tokens(undefined as never);
    });
    expect([await tokens("input"), await tokens("output")]).toEqual([undefined, 5]);
    expect(await of("trimtab_operation_calls_total", { outcome: "success" })).toBe(1);
  });
});

describe("engagement", () => {
  test("counts by type, once or by an amount, also after the call has ended", async () => {
    let kept: OperationHandle | undefined;
    track(name, {}, (call) => {
      call.engagement("view");
      kept = call;
    });
    kept?.engagement("view", 2);
    kept?.engagement("share");
    kept?.tokens({ output: 7 });
    for (const bad of [Number.NaN, -1, "3"] as never[]) kept?.engagement("view", bad);
    for (const bad of ["", undefined, 7] as never[]) kept?.engagement(bad);
    expect([await engagement("view"), await engagement("share"), await tokens("output")]).toEqual([3, 1, 7]);
  });

  test("of more types than twenty is one type for the rest, and no amount is lost", async () => {
    track(name, {}, (call) => {
      for (let type = 0; type < 50; type++) call.engagement(`type ${type}`);
    });
    expect(await engagement("type 19")).toBe(1);
    expect(await engagement("type 20")).toBeUndefined();
    expect(await engagement("__other__")).toBe(30);
  });

  test("stands on our own page as it does in an SDK", () => {
    const shared = new Instrumentation({ component: "shop" });
    shared.metrics.take();
    const call = shared.begin(name, {}, undefined);
    for (let type = 0; type < 50; type++) call?.engagement(`type ${type}`);
    call?.tokens({ input: 3, output: 4 });
    call?.succeed(undefined);
    call?.engagement("type 3");
    const page = parseExposition([...shared.metrics.pageText()].join(""));
    const count = (type: string) => sumOf(page, "trimtab_operation_engagement_total", { type });
    expect([count("type 3"), count("type 19"), count("type 20"), count("__other__")]).toEqual([2, 1, undefined, 30]);
    expect(sumOf(page, "trimtab_operation_tokens_total", { type: "output" })).toBe(4);
    expect(sumOf(page, "trimtab_operation_cost_total", { unit: "tokens" })).toBe(7);
  });
});

describe("the handle of a result", () => {
  const originOf = (handle: string | undefined) => {
    const parsed = parseResultHandle(handle);
    if ("problem" in parsed) throw new Error(parsed.problem);
    return parsed.origin;
  };

  test("says what had served the call, during and after it", () => {
    const operation = defineOperation({
      name,
      component: "llm_orchestrator",
      context: ["genre"],
      parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9 } },
    });
    const before = Date.now();
    let kept: OperationHandle | undefined;
    const handle = operation.track({ genre: "rock", user: 7 }, (call) => {
      kept = call;
      return call.result();
    });
    const origin = originOf(handle);
    expect(origin).toEqual({
      component: "llm_orchestrator",
      operation: name,
      context: { genre: "rock" },
      variant: variantId({ temperature: 0.7 }, "baseline"),
      revision: undefined,
      at: expect.any(Number),
    });
    expect(origin.at).toBeGreaterThanOrEqual(before - 1);
    expect(origin.at).toBeLessThanOrEqual(Date.now() + 1);
    expect({ ...originOf(kept?.result()), at: 0 }).toEqual({ ...origin, at: 0 });
  });

  test("is there for a started call, and while tracking is disabled", () => {
    const tracker = createTracker("llm_orchestrator");
    expect(originOf(tracker.start(name).result())).toMatchObject({ component: "llm_orchestrator", operation: name });
    configure({ disabled: true });
    try {
      expect(originOf(tracker.track(name, {}, (call) => call.result())).variant).toBe("unknown");
    } finally {
      configure({ disabled: false });
    }
  });
});
