import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Client,
  ErrorCode,
  type EvaluationDetails,
  type FlagValue,
  type Hook,
  OpenFeature,
  ProviderEvents,
  ProviderStatus,
} from "@openfeature/server-sdk";
import { type AllocationDocument, assignVariant, variantId } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTracker, defineOperation } from "../index.ts";
import { instrumentation } from "../instance.ts";
import { assertRecordedTimes, matchers, recordOperations } from "../testing/index.ts";
import { TrimtabProvider } from "./index.ts";

const baseline = { temperature: 0.7, model: "small", stream: false };
const incumbent = { ...baseline, temperature: 0.6 };
const challenger = { ...baseline, temperature: 0.5, stream: true };
const rock = [
  { id: "base-m2gk4dfonq", role: "baseline", weight: 0.05, parameters: baseline },
  { id: "v-k7xq2sh5ta", role: "incumbent", weight: 0.75, parameters: incumbent },
  { id: "v-c4wz6pd3le", role: "challenger", weight: 0.2, parameters: challenger },
] as const;

expect.extend(matchers);

let number = 0;
let component = "";
let client: Client;

beforeEach(async () => {
  component = `flags_${number++}`;
  apply({});
  await OpenFeature.setProviderAndWait(new TrimtabProvider({ component }));
  client = OpenFeature.getClient();
});
afterEach(() => OpenFeature.close());

function documentOf(change: { revision?: string; exploreUntil?: string; lyrics?: boolean } = {}): AllocationDocument {
  const { revision = "187", exploreUntil = "2026-11-20T10:05:00Z", lyrics = true } = change;
  const operations: AllocationDocument["operations"] = {
    generate_lyrics: {
      context: ["genre"],
      holdoutSalt: "k3",
      parameters: {
        temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
        model: { type: "choice", base: "small", choices: ["small", "large"] },
        stream: { type: "boolean", base: false },
      },
      allocations: [
        { context: {}, salt: "a1", variants: [{ ...rock[0], weight: 1 }] },
        { context: { genre: "jazz" }, salt: "c3", variants: [{ ...rock[1], weight: 1 }] },
        { context: { genre: "rock" }, salt: "b7", variants: rock },
      ],
    },
  };
  return {
    schema: 1,
    revision,
    issuedAt: "2026-11-20T10:00:00Z",
    exploreUntil,
    component,
    operations: lyrics ? operations : {},
  };
}

function apply(change: Parameters<typeof documentOf>[0]): void {
  const { parameters } = instrumentation().component(component);
  const operation = instrumentation().component(component).operation("generate_lyrics");
  expect(parameters.apply(documentOf(change), [operation], { controllerTime: undefined })).toBeUndefined();
}

describe("a flag", () => {
  test("of an operation is an object, of a parameter a value of its type", async () => {
    const context = { genre: "jazz" };
    expect(await client.getObjectValue(`${component}.generate_lyrics`, {}, context)).toEqual(incumbent);
    expect(await client.getNumberValue(`${component}.generate_lyrics.temperature`, 0, context)).toBe(0.6);
    expect(await client.getStringValue(`${component}.generate_lyrics.model`, "", context)).toBe("small");
    expect(await client.getBooleanValue(`${component}.generate_lyrics.stream`, true, context)).toBe(false);
    expect(await client.getNumberValue("generate_lyrics.temperature", 0, context)).toBe(0.6);
  });

  test.each([
    [{}, "STATIC", "base-m2gk4dfonq", ""],
    [{ genre: "polka" }, "STATIC", "base-m2gk4dfonq", ""],
    [{ genre: "jazz", mood: "calm" }, "TARGETING_MATCH", "v-k7xq2sh5ta", "genre=jazz"],
    [{ genre: "rock", targetingKey: "user-1" }, "SPLIT", "v-k7xq2sh5ta", "genre=rock"],
  ])("in %j has reason %s, variant and metadata", async (context, reason, variant, id) => {
    expect(await client.getNumberDetails(`${component}.generate_lyrics.temperature`, 0, context)).toEqual({
      flagKey: `${component}.generate_lyrics.temperature`,
      value: expect.any(Number) as number,
      reason,
      variant,
      flagMetadata: {
        component,
        operation: "generate_lyrics",
        source: "fresh",
        revision: "187",
        context: id,
      },
    });
  });

  test("gives a targeting key the variant that the documented hashes give it", async () => {
    const served = new Set<string>();
    for (let user = 0; user < 300; user++) {
      const key = `user-${user}`;
      const context = { targetingKey: key, genre: "rock" };
      const { variant } = await client.getObjectDetails("generate_lyrics", {}, context);
      expect(variant).toBe(assignVariant(rock, { holdoutSalt: "k3", salt: "b7" }, { key }).id);
      served.add(variant ?? "");
    }
    expect(served.size).toBe(3);
  });

  test("that nobody knows is FLAG_NOT_FOUND, one of another type TYPE_MISMATCH; the default value is given", async () => {
    for (const key of [
      "nothing",
      `${component}.nothing`,
      "generate_lyrics.speed",
      `${component}.generate_lyrics.a.b`,
    ]) {
      expect(await client.getNumberDetails(key, 42)).toMatchObject({
        value: 42,
        reason: "ERROR",
        errorCode: ErrorCode.FLAG_NOT_FOUND,
      });
    }
    expect(await client.getStringDetails("generate_lyrics.temperature", "warm")).toMatchObject({
      value: "warm",
      reason: "ERROR",
      errorCode: ErrorCode.TYPE_MISMATCH,
      errorMessage: 'flag "generate_lyrics.temperature" is of type number, not string',
    });
    expect(await client.getObjectDetails("generate_lyrics.temperature", {})).toMatchObject({
      errorCode: ErrorCode.TYPE_MISMATCH,
    });
    expect(instrumentation().component(component).find("nothing")).toBeUndefined();
  });

  test("that the code alone declares is DEFAULT, with the id that the controller would compute; dots in names are fine", async () => {
    defineOperation({ component, name: "song.mix", parameters: { gain: { type: "number", base: 1, min: 0, max: 2 } } });
    expect(await client.getNumberDetails(`${component}.song.mix.gain`, 0)).toMatchObject({
      value: 1,
      reason: "DEFAULT",
      variant: variantId({ gain: 1 }, "baseline"),
      flagMetadata: { source: "base" },
    });
    expect(await client.getObjectValue("song.mix", {})).toEqual({ gain: 1 });
  });

  test("inside a call is what the call is labelled with, whatever chance would say", () =>
    recordOperations(async (recorder) => {
      const tracker = createTracker(component);
      for (let turn = 0; turn < 50; turn++) {
        await tracker.track("generate_lyrics", { genre: "rock" }, async (call) => {
          const details = await client.getNumberDetails("generate_lyrics.temperature", 0);
          expect(details).toMatchObject({
            value: call.parameters["temperature"],
            variant: call.variant,
            reason: "SPLIT",
          });
        });
      }
      assertRecordedTimes(recorder, "generate_lyrics", 50, { outcome: "success" });
    }));

  test("reaches hooks with its variant and metadata", async () => {
    const heard: EvaluationDetails<FlagValue>[] = [];
    const errors: unknown[] = [];
    const hook: Hook = {
      after: (_, details) => {
        heard.push(details);
      },
      error: (_, error) => {
        errors.push(error);
      },
    };
    client.addHooks(hook);
    await client.getObjectValue("generate_lyrics", {}, { genre: "jazz" });
    await client.getNumberValue("generate_lyrics.speed", 0);
    expect(heard).toEqual([
      expect.objectContaining({
        variant: "v-k7xq2sh5ta",
        flagMetadata: expect.objectContaining({ revision: "187" }) as object,
      }),
    ]);
    expect(errors).toEqual([expect.objectContaining({ code: ErrorCode.FLAG_NOT_FOUND })]);
  });
});

describe("a tracking event", () => {
  test("is an outcome of the operation, of the variant that its targeting key has", () =>
    recordOperations((recorder) => {
      const context = { genre: "rock", targetingKey: "user-1" };
      client.track(`${component}.generate_lyrics`, context, {
        value: 0.75,
        outcome: "partial",
        durationMilliseconds: 1200,
        cost: 0.002,
        unit: "usd",
      });
      expect(recorder).toHaveRecorded("generate_lyrics", {
        component,
        context: { genre: "rock" },
        outcome: "partial",
        quality: 0.75,
        durationMilliseconds: 1200,
        costs: { usd: 0.002 },
        variant: "v-k7xq2sh5ta",
      });
    }));

  test("names the variant where the evaluation told it; a failure has its type", () =>
    recordOperations(async (recorder) => {
      const context = { genre: "rock" };
      const { variant = "" } = await client.getObjectDetails("generate_lyrics", {}, context);
      client.track("generate_lyrics", context, { variant, outcome: "failure", errorType: "rate_limited" });
      expect(recorder).toHaveRecordedTimes("generate_lyrics", 1, {
        variant,
        outcome: "failure",
        errorType: "rate_limited",
      });
    }));

  test("inside a call is about that call", () =>
    recordOperations((recorder) => {
      createTracker(component).track("generate_lyrics", { genre: "jazz" }, () => {
        client.track(
          "generate_lyrics",
          {},
          { value: 0.5, outcome: "failure", errorType: "empty", cost: 3, unit: "tokens" },
        );
      });
      expect(recorder).toHaveRecordedTimes("generate_lyrics", 1, {
        outcome: "failure",
        errorType: "empty",
        quality: 0.5,
        costs: { tokens: 3 },
        variant: "v-k7xq2sh5ta",
      });
    }));

  test("with nonsense in it leaves the nonsense out", () =>
    recordOperations((recorder) => {
      client.track(
        "generate_lyrics",
        {},
        { value: 7, outcome: "fine", durationMilliseconds: "long", cost: 1, variant: 3 },
      );
      expect(recorder).toHaveRecorded("generate_lyrics", { outcome: "success", variant: "base-m2gk4dfonq" });
      expect(recorder).not.toHaveRecorded("generate_lyrics", { quality: () => true });
      expect(recorder).not.toHaveRecorded("generate_lyrics", { durationMilliseconds: () => true });
    }));
});

describe("the provider", () => {
  test("tells which flags a new document changed, and nothing where it changed none", async () => {
    const changes: (readonly string[] | undefined)[] = [];
    client.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
      changes.push(details?.flagsChanged);
    });
    apply({ revision: "188" });
    apply({ revision: "189", lyrics: false });
    const whole = `${component}.generate_lyrics`;
    await expect.poll(() => changes).toEqual([[whole, `${whole}.temperature`, `${whole}.model`, `${whole}.stream`]]);
    expect(await client.getNumberDetails("generate_lyrics.temperature", 1)).toMatchObject({
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    });
  });
});

describe("the provider with a controller", () => {
  let server: Server;
  let answer: () => object | undefined;

  beforeEach(async () => {
    server = createServer((_, response) => {
      const body = answer();
      if (body === undefined) response.writeHead(503).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    component = `with_controller_${number++}`;
  });
  afterEach(async () => {
    await OpenFeature.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  const provider = (readyWithinMilliseconds: number): TrimtabProvider => {
    const controllerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new TrimtabProvider({
      component,
      readyWithinMilliseconds,
      configure: { controllerUrl, pollIntervalMilliseconds: 100 },
    });
  };

  test("is ready with its first document, stale when it has not been confirmed for as long as it said, and ready again", async () => {
    // Documents that are good for 0.2 s, of a controller that falls silent and returns.
    answer = () => documentOf({ exploreUntil: "2026-11-20T10:00:00.200Z" });
    const events: string[] = [];
    await OpenFeature.setProviderAndWait(provider(60_000));
    client = OpenFeature.getClient();
    client.addHandler(ProviderEvents.Stale, () => events.push("stale"));
    expect(await client.getNumberValue("generate_lyrics.temperature", 0, { genre: "jazz" })).toBe(0.6);
    answer = () => undefined;
    await expect.poll(() => client.providerStatus, { timeout: 30_000 }).toBe(ProviderStatus.STALE);
    expect(events).toContain("stale");
    expect(await client.getNumberDetails("generate_lyrics.temperature", 0, { genre: "jazz" })).toMatchObject({
      value: 0.6,
      flagMetadata: { source: "last_known_good" },
    });
    answer = () => documentOf({ exploreUntil: "2026-11-20T11:00:00Z" });
    await expect.poll(() => client.providerStatus, { timeout: 30_000 }).toBe(ProviderStatus.READY);
  });

  test("that does not answer does not keep the service from starting: base values, and stale", async () => {
    answer = () => undefined;
    defineOperation({ component, name: "mix", parameters: { gain: { type: "number", base: 1, min: 0, max: 2 } } });
    await OpenFeature.setProviderAndWait(provider(20));
    client = OpenFeature.getClient();
    expect(await client.getNumberValue("mix.gain", 0)).toBe(1);
    await expect.poll(() => client.providerStatus).toBe(ProviderStatus.STALE);
    expect(await client.getNumberValue("mix.gain", 0)).toBe(1);
  });
});
