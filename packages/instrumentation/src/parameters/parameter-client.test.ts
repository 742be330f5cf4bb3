import { type AllocationDocument, bucketOf, variantId } from "@trimtab/conventions";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { TrackedOperation } from "../tracked-operation.ts";
import { monotonicNow, ParameterClient } from "./parameter-client.ts";

const space = { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } } as const;
const baseline = {
  id: variantId({ temperature: 0.7 }, "baseline"),
  role: "baseline",
  parameters: { temperature: 0.7 },
} as const;
const document: AllocationDocument = {
  schema: 1,
  revision: "187-4c1f",
  issuedAt: "2026-11-20T10:00:00Z",
  exploreUntil: "2026-11-20T10:05:00Z",
  component: "llm_orchestrator",
  operations: {
    generate_lyrics: {
      context: ["genre", "mood"],
      holdoutSalt: "k3",
      parameters: space,
      allocations: [
        { context: {}, salt: "a1", variants: [{ ...baseline, weight: 1 }] },
        {
          context: { genre: "rock" },
          salt: "b7",
          variants: [
            { ...baseline, weight: 0.05 },
            { id: "v-incumbent", role: "incumbent", weight: 0.75, parameters: { temperature: 0.6 } },
            { id: "v-challenger", role: "challenger", weight: 0.2, parameters: { temperature: 0.5 } },
          ],
        },
      ],
    },
  },
};

const issuedAt = Date.parse(document.issuedAt);

let now = 0;
let chance = 0;
let client: ParameterClient;
let operation: TrackedOperation;

function choose(context: Record<string, string>, key?: string, base?: Record<string, number | string>) {
  return client.choose(operation, operation.contexts.find(context), key, base);
}

beforeEach(() => {
  now = 0;
  chance = 0;
  client = new ParameterClient(
    "llm_orchestrator",
    () => now,
    () => chance,
  );
  operation = new TrackedOperation("generate_lyrics", { used: 0, maximum: 100 }, client);
});

describe("with a fresh document", () => {
  beforeEach(() => {
    client.apply(document, [operation], { controllerTime: issuedAt });
  });

  test("the document declares the context keys, and chance falls into the shares laid end to end", () => {
    const shares: Record<string, number> = {};
    for (let step = 0; step < 10_000; step++) {
      chance = (step + 0.5) / 10_000;
      const { id, source, revision } = choose({ genre: "rock", mood: "calm" });
      expect({ source, revision }).toEqual({ source: "fresh", revision: "187-4c1f" });
      shares[id] = (shares[id] ?? 0) + 1;
    }
    expect(shares).toEqual({ [baseline.id]: 500, "v-incumbent": 7500, "v-challenger": 2000 });
  });

  test("an unseen context takes its nearest ancestor", () => {
    expect(choose({ genre: "polka" }).id).toBe(baseline.id);
  });

  test("a key keeps its variant, and a key in the holdout has the baseline in every context", () => {
    const keys = Array.from({ length: 2000 }, (_, index) => `user-${index}`);
    for (const key of keys) {
      const once = choose({ genre: "rock" }, key);
      chance = Math.random();
      expect(choose({ genre: "rock" }, key).id).toBe(once.id);
      expect(once.id === baseline.id).toBe(bucketOf("k3", key) < 500);
    }
  });

  test("after exploring is over the challenger's share goes to the incumbent, for ever", () => {
    chance = 0.95; // of the challenger
    now = 300_000;
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-challenger", source: "fresh" });
    now = 300_001;
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-incumbent", source: "last_known_good" });
    now = 1e12;
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-incumbent", source: "last_known_good" });
    expect(client.ageSeconds).toBe(1e9);
  });

  test("a confirmation keeps it fresh, but gives its challengers no more time: only a newer document does", () => {
    now = 300_001;
    client.confirm({ controllerTime: issuedAt + now });
    chance = 0.95;
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-incumbent", source: "last_known_good" });
    expect(choose({ genre: "polka" })).toMatchObject({ id: baseline.id, source: "fresh" });
    expect(client.ageSeconds).toBe(0);
    const newer = {
      ...document,
      revision: "188",
      issuedAt: "2026-11-20T10:05:00Z",
      exploreUntil: "2026-11-20T10:10:00Z",
    };
    client.apply(newer, [operation], { controllerTime: issuedAt + now });
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-challenger", source: "fresh", revision: "188" });
  });

  test("a document that comes late has only the rest of its time to explore", () => {
    client.apply(document, [operation], { controllerTime: issuedAt + 290_000 });
    chance = 0.95;
    now = 10_000;
    expect(choose({ genre: "rock" }).id).toBe("v-challenger");
    now = 10_001;
    expect(choose({ genre: "rock" }).id).toBe("v-incumbent");
  });

  test.each([
    ["garbage", { hello: 1 }, "invalid"],
    ["no JSON at all", undefined, "invalid"],
    [
      "one bad weight",
      {
        ...document,
        operations: {
          generate_lyrics: {
            ...document.operations["generate_lyrics"],
            allocations: [{ context: {}, salt: "a", variants: [{ ...baseline, weight: 2 }] }],
          },
        },
      },
      "invalid",
    ],
    ["another component", { ...document, component: "checkout" }, "other_component"],
  ] as const)("%s is refused whole: the old document stays, and it is counted", (_, bad, reason) => {
    expect(client.apply(bad, [operation], { controllerTime: issuedAt })).toContain("refused");
    expect(client.refused[reason]).toBe(1);
    chance = 0.5;
    expect(choose({ genre: "rock" }).id).toBe("v-incumbent");
  });

  test("another space in the code means the base values of the code, counted once per document", () => {
    const other = { temperature: { ...space.temperature, max: 1.5 } };
    operation.declare({ name: "generate_lyrics", context: ["genre"], parameters: other });
    client.publishTo(operation);
    expect(choose({ genre: "rock" })).toMatchObject({
      source: "base",
      parameters: { temperature: 0.7 },
      id: baseline.id,
    });
    choose({ genre: "rock" });
    expect(client.refused.space_differs).toBe(1);
  });

  test("base values of another type than the controller's serve themselves; more of them are added", () => {
    chance = 0.5;
    expect(choose({ genre: "rock" }, undefined, { temperature: "warm" })).toMatchObject({ source: "base" });
    expect(client.refused.base_differs).toBe(1);
    expect(choose({ genre: "rock" }, undefined, { temperature: 1, retries: 3 })).toMatchObject({
      id: "v-incumbent",
      parameters: { temperature: 0.6, retries: 3 },
    });
  });

  test("an operation that the controller drops gets its base values again", () => {
    operation.declare({ name: "generate_lyrics", context: ["genre"], parameters: space });
    expect(client.apply({ ...document, operations: {} }, [operation], { controllerTime: issuedAt })).toBeUndefined();
    expect(choose({ genre: "rock" })).toMatchObject({ source: "base", id: baseline.id });
  });
});

describe("without a fresh document", () => {
  test("nothing known is variant unknown, without values", () => {
    expect(choose({ genre: "rock" })).toMatchObject({ id: "unknown", source: "base", parameters: {} });
  });

  test("the code's base values have the id that the controller computes", () => {
    operation.declare({ name: "generate_lyrics", context: [], parameters: space });
    expect(choose({})).toMatchObject({ id: baseline.id, source: "base", parameters: { temperature: 0.7 } });
    expect(choose({}, undefined, { temperature: 0.7 }).id).toBe(baseline.id);
  });

  test("base values of the question have that id too", () => {
    expect(choose({}, undefined, { temperature: 0.7 })).toMatchObject({
      id: baseline.id,
      parameters: { temperature: 0.7 },
    });
  });

  test("a document from disk serves as last known good at once", () => {
    expect(client.apply(document, [operation], undefined)).toBeUndefined();
    chance = 0.95;
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-incumbent", source: "last_known_good" });
    expect(client.ageSeconds).toBeUndefined();
    now = 5000;
    client.confirm({ controllerTime: issuedAt });
    expect(choose({ genre: "rock" })).toMatchObject({ id: "v-challenger", source: "fresh" });
  });
});

test("the id of values is the baseline's for the base values, and the controller's for others", () => {
  operation.declare({ name: "generate_lyrics", context: [], parameters: space });
  expect(client.idOf(operation, { temperature: 0.7 })).toBe(baseline.id);
  expect(client.idOf(operation, { temperature: 0.6 })).toBe(variantId({ temperature: 0.6 }));
});

describe("by the process' own clock", () => {
  test("a confirmation lapses by itself, with and without challengers, and another one renews it", async () => {
    client = new ParameterClient("llm_orchestrator", monotonicNow, () => 0.5);
    const start = Date.now();
    const times = { issuedAt: new Date(start).toISOString(), exploreUntil: new Date(start + 200).toISOString() };
    expect(client.apply({ ...document, ...times }, [operation], { controllerTime: start })).toBeUndefined();
    expect([choose({}).source, choose({ genre: "rock" }).source]).toEqual(["fresh", "fresh"]);
    const lapsed = () =>
      choose({}).source === "last_known_good" && choose({ genre: "rock" }).source === "last_known_good";
    await vi.waitUntil(lapsed, { timeout: 20_000, interval: 5 });
    client.confirm({ controllerTime: start + 1000 });
    // Time to explore comes with a document only; without challengers there is nothing that a confirmation would not renew.
    expect([choose({}).source, choose({ genre: "rock" }).source]).toEqual(["fresh", "last_known_good"]);
    await vi.waitUntil(lapsed, { timeout: 20_000, interval: 5 });
  });

  test("calls of one variant share what was chosen, until another document comes", () => {
    client = new ParameterClient("llm_orchestrator", monotonicNow, () => 0.5);
    client.apply(document, [operation], { controllerTime: issuedAt });
    const first = choose({});
    expect(choose({})).toBe(first);
    client.apply({ ...document, revision: "188-abcd" }, [operation], { controllerTime: issuedAt });
    expect([first.revision, choose({}).revision]).toEqual(["187-4c1f", "188-abcd"]);
    client.clear("other", [operation]);
    expect(choose({}).source).toBe("base");
  });
});
