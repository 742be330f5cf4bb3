import { AsyncLocalStorage } from "node:async_hooks";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { createLog, type LogOptions, logOptionsFrom } from "./logging.ts";

function lines(options: Partial<LogOptions> = {}): { log: ReturnType<typeof createLog>; written: string[] } {
  const written: string[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    hasColor: false,
    write: (line) => written.push(line),
    now: () => Date.UTC(2025, 10, 20, 10, 0, 0, 7),
    ...options,
  });
  return { log, written };
}

describe("lines for machines", () => {
  test("are one JSON object each, with time, level, message and fields", () => {
    const { log, written } = lines();
    log.warning("adaptation suggested", { id: "a-1", evidence: { windows: 3 }, reason: "CONFIDENCE_TOO_LOW" });
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] ?? "")).toEqual({
      time: "2025-11-20T10:00:00.007Z",
      level: "warning",
      message: "adaptation suggested",
      id: "a-1",
      evidence: { windows: 3 },
      reason: "CONFIDENCE_TOO_LOW",
    });
  });

  test("below the level are not written", () => {
    for (const [level, count] of [
      ["debug", 4],
      ["info", 3],
      ["warning", 2],
      ["error", 1],
      ["silent", 0],
    ] as const) {
      const { log, written } = lines({ level });
      log.debug("a", {});
      log.info("b", {});
      log.warning("c", {});
      log.error("d", {});
      expect([level, written.length]).toEqual([level, count]);
    }
  });

  test("show errors, and survive whatever has no JSON", () => {
    const { log, written } = lines();
    const circle: { self?: object } = {};
    circle.self = circle;
    log.error("failed", { error: new TypeError("no such thing"), big: 3n });
    log.error("failed", { circle });
    expect(JSON.parse(written[0] ?? "")).toMatchObject({
      error: { name: "TypeError", message: "no such thing" },
      big: "3",
    });
    expect(JSON.parse(written[1] ?? "")).toMatchObject({
      message: "failed",
      unloggable: expect.stringContaining("circular"),
    });
  });

  test("carry the ids of the span that is active", () => {
    const storage = new AsyncLocalStorage<typeof ROOT_CONTEXT>();
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, run, self, ...args) => storage.run(active, () => run.apply(self, args)),
      bind: (_active, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    });
    const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
    const { log, written } = lines();
    context.with(trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags: 1 }), () => log.info("inside", {}));
    log.info("outside", {});
    context.disable();
    expect(JSON.parse(written[0] ?? "")).toMatchObject({ trace_id: ids.traceId, span_id: ids.spanId });
    expect(JSON.parse(written[1] ?? "")).not.toHaveProperty("trace_id");
  });
});

describe("lines for people", () => {
  test("are short, and one per event whatever the message holds", () => {
    const { log, written } = lines({ format: "text" });
    log.info("controller started", { url: "http://127.0.0.1:4600", operations: 2, note: "a b", nothing: undefined });
    log.error("failed\nbadly", { error: new Error("two\nlines") });
    log.warning("the page says \u001b]0;title\u0007", { problem: "\u009b2J", all: { a: "\u009b" } });
    expect(written).toEqual([
      '10:00:00 info    controller started url=http://127.0.0.1:4600 operations=2 note="a b"\n',
      "10:00:00 error   failed | badly error=two | lines\n",
      '10:00:00 warning the page says \uFFFD]0;title\uFFFD problem=\uFFFD2J all={"a":"\uFFFD"}\n',
    ]);
  });
});

test.each([
  [{}, true, { level: "info", format: "text", hasColor: true }],
  [{}, false, { level: "info", format: "json", hasColor: false }],
  [{ NO_COLOR: "1" }, true, { level: "info", format: "text", hasColor: false }],
  [
    { TRIMTAB_LOG_LEVEL: "DEBUG", TRIMTAB_LOG_FORMAT: "json" },
    true,
    { level: "debug", format: "json", hasColor: true },
  ],
  [{ TRIMTAB_LOG_LEVEL: "loud", TRIMTAB_LOG_FORMAT: "xml" }, false, { level: "info", format: "json", hasColor: false }],
  [{ TRIMTAB_LOG_LEVEL: "warn" }, false, { level: "warning", format: "json", hasColor: false }],
])("%j on a terminal: %s", (environment, isTerminal, expected) => {
  expect(logOptionsFrom(environment, isTerminal)).toEqual(expected);
});
