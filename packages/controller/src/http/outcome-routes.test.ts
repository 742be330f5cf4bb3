import { encodeResultHandle, type OutcomeReport, variantId } from "@trimtab/conventions";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

const FILE = `
controller: { interval: 30s, outcomes: { lateness: 10m } }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  batch:
    metrics: reported
    operations:
      translate:
        context: [language]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
  shop:
    operations:
      checkout: {}
`;
const NOW = Date.UTC(2026, 10, 20, 10, 0, 0);
const iso = (time: number): string => new Date(time).toISOString();

let now = NOW;
let app: AppUnderTest;
beforeEach(async () => {
  now = NOW;
  app = await startApp({ file: FILE, now: () => now });
});
afterEach(() => app.close());

function report(id: string, changes: Partial<OutcomeReport> = {}): OutcomeReport {
  return {
    id,
    component: "batch",
    operation: "translate",
    context: { language: "de" },
    variant: variantId({ level: 5 }),
    outcome: "success",
    at: iso(NOW),
    ...changes,
  };
}

async function post(body: unknown): Promise<{ status: number; body: any }> {
  const response = await app.fetch("/v1/outcomes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const without = <Key extends keyof OutcomeReport>(item: OutcomeReport, ...keys: Key[]): Omit<OutcomeReport, Key> =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !keys.includes(key as Key))) as Omit<OutcomeReport, Key>;

/** What was counted, by variant: the store is read as the metric source reads it. */
async function counted(): Promise<Record<string, Record<string, number>>> {
  const page = await (await app.fetch("/metrics")).text();
  const calls: Record<string, Record<string, number>> = {};
  for (const [, labels = "", value] of page.matchAll(/^trimtab_operation_calls_total\{(.*)\} (\d+)$/gm)) {
    const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
    if (value === "0") continue;
    (calls[label("variant")] ??= {})[label("outcome")] = Number(value);
  }
  return calls;
}

describe("POST /v1/outcomes", () => {
  test("counts a batch, each key once, however often it is sent", async () => {
    const batch = { outcomes: [report("a"), report("b", { outcome: "failure", errorType: "Timeout" }), report("a")] };
    expect(await post(batch)).toEqual({ status: 200, body: { accepted: 2, known: 1, refused: [] } });
    expect(await post(batch)).toEqual({ status: 200, body: { accepted: 0, known: 3, refused: [] } });
    expect(await counted()).toEqual({ [variantId({ level: 5 })]: { success: 1, failure: 1 } });
  });

  test("takes one outcome by itself, and refuses it as any other body", async () => {
    expect(await post(report("a"))).toEqual({ status: 200, body: { accepted: 1, known: 0, refused: [] } });
    expect(await post(report("b", { quality: 1.5 }))).toMatchObject({
      status: 400,
      body: { code: "BODY_INVALID", problems: [{ path: "quality" }] },
    });
    expect(await post(report("a", { outcome: "failure" }))).toMatchObject({
      status: 409,
      body: { code: "IDEMPOTENCY_KEY_REUSED" },
    });
  });

  test("names each refused outcome by its place and code, and counts the others", async () => {
    const { body } = await post({
      outcomes: [
        report("a"),
        report("b", { component: "bach" }),
        report("c", { operation: "translat" }),
        report("d", { component: "shop", operation: "checkout" }),
        report("e", { at: iso(NOW - 11 * 60_000) }),
        report("f", { at: "yesterday" }),
        report("a", { outcome: "partial" }),
        "nothing",
        report("g"),
      ],
    });
    expect(body.accepted).toBe(2);
    expect(body.refused.map(({ index, id, code }: any) => [index, id, code])).toEqual([
      [1, "b", "COMPONENT_UNKNOWN"],
      [2, "c", "OPERATION_UNKNOWN"],
      [3, "d", "COMPONENT_SCRAPED"],
      [4, "e", "OUTCOME_TOO_LATE"],
      [5, "f", "BODY_INVALID"],
      [6, "a", "IDEMPOTENCY_KEY_REUSED"],
      [7, undefined, "BODY_INVALID"],
    ]);
    expect(body.refused[0].problems).toEqual([
      'component is unknown: The component "bach" is not configured; did you mean "batch"?',
    ]);
    expect(body.refused[3].problems[0]).toContain("600 s");
  });

  test.each<[string, unknown, string]>([
    ["no key", without(report("a"), "id"), "id is missing"],
    ["no time", without(report("a"), "at"), "at is missing"],
    ["a clock far ahead", report("a", { at: iso(NOW + 600_000) }), "at lies 600 s ahead of the controller's clock"],
    ["nothing that served", without(report("a"), "variant"), "variant is missing"],
    ["two that served", report("a", { parameters: { level: 3 } }), "parameters stands beside variant"],
    ["a variant of another form", report("a", { variant: "blue" }), "variant is no variant id"],
    [
      "values out of range",
      { ...without(report("a"), "variant"), parameters: { level: 11 } },
      "parameters.level 11 is outside 1 to 9",
    ],
    ["values that are not all", { ...without(report("a"), "variant"), parameters: {} }, "parameters.level"],
    [
      "a name beside a handle",
      { ...without(report("a"), "variant"), result: "t1.e30" },
      "component stands beside result",
    ],
    ["a damaged handle", { id: "a", outcome: "success", at: iso(NOW), result: "t1.e30" }, "result is a damaged handle"],
    ["a negative duration", report("a", { durationMilliseconds: -1 }), "durationMilliseconds"],
    ["an unknown outcome", { ...report("a"), outcome: "ok" }, "outcome"],
    ["an unknown field", { ...report("a"), duration: 3 }, "duration"],
  ])("says what is wrong with %s", async (_, item, problem) => {
    const { body } = await post({ outcomes: [item] });
    expect(body.accepted).toBe(0);
    expect(body.refused[0].problems.join("; ")).toContain(problem);
  });

  test("what served is told by variant, by the values, or by a handle", async () => {
    const values = without(report("values"), "variant");
    const handle = encodeResultHandle({
      component: "batch",
      operation: "translate",
      context: { language: "de" },
      variant: variantId({ level: 5 }),
      revision: "1-abcd",
      at: NOW,
    });
    const { body } = await post({
      outcomes: [
        report("variant"),
        { ...values, parameters: { level: 5 } },
        { ...values, id: "base", parameters: { level: 3 } },
        { id: "handle", result: handle, outcome: "success", at: iso(NOW) },
      ],
    });
    expect(body).toEqual({ accepted: 4, known: 0, refused: [] });
    expect(await counted()).toEqual({
      [variantId({ level: 5 })]: { success: 3 },
      [variantId({ level: 3 }, "baseline")]: { success: 1 },
    });
  });

  test("the same outcome in another spelling is the same", async () => {
    await post({ outcomes: [report("a", { context: { language: "de", user: "7" }, cost: { usd: 1, eur: 2 } })] });
    const again = report("a", {
      context: { language: "de" },
      cost: { eur: 2, usd: 1 },
      at: "2026-11-20T11:00:00+01:00",
    });
    expect((await post({ outcomes: [again] })).body).toEqual({ accepted: 0, known: 1, refused: [] });
  });

  test("a component whose metrics are scraped is refused as a whole: nothing is counted twice", async () => {
    const item = report("a", { component: "shop", operation: "checkout" });
    for (const body of [item, { outcomes: [item, item] }])
      expect(await post(body)).toMatchObject({ status: 409, body: { code: "COMPONENT_SCRAPED" } });
    expect(await counted()).toEqual({});
  });

  test.each<[string, unknown]>([
    ["none", { outcomes: [] }],
    ["501", { outcomes: Array.from({ length: 501 }, (_, index) => report(String(index))) }],
    ["a field beside them", { outcomes: [report("a")], component: "batch" }],
    ["a list", [report("a")]],
  ])("a batch of %s is refused whole", async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: "BODY_INVALID" } });
  });

  test("what ended within the lateness counts, and what did not is refused for ever", async () => {
    now = NOW + 10 * 60_000;
    expect((await post({ outcomes: [report("a")] })).body.accepted).toBe(1);
    now += 1;
    expect((await post({ outcomes: [report("a"), report("b")] })).body).toMatchObject({
      known: 1,
      refused: [{ id: "b", code: "OUTCOME_TOO_LATE" }],
    });
  });

  test("its metrics follow the telemetry contract, and count what was taken and refused", async () => {
    await post({
      outcomes: [
        report("a", { durationMilliseconds: 250, quality: 0.75, cost: { usd: 0.5 } }),
        report("b", { outcome: "failure", errorType: 'say "no"', durationMilliseconds: 700_000 }),
        report("c", { outcome: "failure", component: "nobody" }),
        report("a", { durationMilliseconds: 250, quality: 0.75, cost: { usd: 0.5 } }),
      ],
    });
    const page = await (await app.fetch("/metrics")).text();
    const of = `component="batch",operation="translate",variant="${variantId({ level: 5 })}",ctx_language="de"`;
    for (const line of [
      `trimtab_operation_calls_total{${of},outcome="success"} 1`,
      `trimtab_operation_calls_total{${of},outcome="partial"} 0`,
      `trimtab_operation_duration_seconds_bucket{${of},le="0.2"} 0`,
      `trimtab_operation_duration_seconds_bucket{${of},le="0.3"} 1`,
      `trimtab_operation_duration_seconds_bucket{${of},le="600"} 1`,
      `trimtab_operation_duration_seconds_bucket{${of},le="+Inf"} 2`,
      `trimtab_operation_duration_seconds_sum{${of}} 700.25`,
      `trimtab_operation_quality_ratio_sum{${of}} 0.75`,
      `trimtab_operation_cost_total{${of},unit="usd"} 0.5`,
      `trimtab_operation_cost_squares_total{${of},unit="usd"} 0.25`,
      `trimtab_operation_errors_total{${of},error_type="say \\"no\\""} 1`,
      'trimtab_outcome_items_total{component="batch",result="accepted"} 2',
      'trimtab_outcome_items_total{component="batch",result="known"} 1',
      'trimtab_outcome_items_total{component="__other__",result="refused"} 1',
    ])
      expect(page.split("\n")).toContain(line);
    expect(page).toMatch(/^trimtab_process_start_time_seconds \d/m);
  });

  test("the list of operations tells which are reported, and when one last was", async () => {
    await post(report("a"));
    expect(await app.json("/v1/operations?metrics=reported")).toMatchObject({
      operations: [{ component: "batch", metrics: "reported", lastReportAt: iso(NOW) }],
    });
    expect(await app.json("/v1/operations?metrics=scraped")).toMatchObject({
      operations: [{ component: "shop", metrics: "scraped" }],
    });
  });
});

describe("who may report", () => {
  const tokens = (["read", "evaluate", "feedback", "operate"] as const).map((role) => ({
    name: role,
    roles: [role],
    token: `token-${role}`,
  }));
  const started: AppUnderTest[] = [];
  afterAll(() => Promise.all(started.map((each) => each.close())));

  test("the role feedback, and operate", async () => {
    const guarded = await startApp({ file: FILE, now: () => NOW, tokens });
    started.push(guarded);
    const status = async (token?: string): Promise<number> =>
      (
        await guarded.fetch("/v1/outcomes", {
          method: "POST",
          headers: {
            "content-type": "application/json",
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(report("a")),
        })
      ).status;
    expect(await status()).toBe(401);
    expect(await Promise.all(tokens.map(({ token }) => status(token)))).toEqual([403, 403, 200, 200]);
  });
});
