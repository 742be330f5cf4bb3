import { describe, expect, test } from "vitest";
import { ProviderError, type ProviderErrorType } from "./client/provider-error.ts";
import type { OfferedModel, Provider } from "./providers.ts";
import { planRecovery, type RetryPolicy } from "./recovery.ts";

const model = (choice: string): OfferedModel => ({
  choice,
  name: choice,
  usdPerMillionTokens: { input: 1, output: 1 },
});
const provider = (name: string): Provider => ({
  name,
  endpoint: { provider: name, baseUrl: "http://127.0.0.1", apiKey: "k" },
  models: [model(`${name}/large`), model(`${name}/small`)],
  standby: model(`${name}/small`),
});
const PROVIDERS = [provider("aurora"), provider("borealis"), provider("cirrus")];
const STAY: RetryPolicy = { next: "same_provider", waitMilliseconds: 100 };
const GO: RetryPolicy = { next: "next_provider", waitMilliseconds: 0 };

function plan(
  type: ProviderErrorType,
  policy: RetryPolicy,
  {
    retryAfter,
    left = 10_000,
    at = "aurora",
    providers = PROVIDERS,
  }: {
    retryAfter?: number;
    left?: number;
    at?: string;
    providers?: readonly Provider[];
  } = {},
): string {
  const details = retryAfter === undefined ? {} : { retryAfterMilliseconds: retryAfter };
  const error = new ProviderError(type, at, "it failed", details);
  const next = planRecovery({ error, model: model(`${at}/large`), providers, millisecondsLeft: left }, policy);
  return next === undefined ? "nothing" : `${next.provider.name} ${next.model.choice} ${next.waitMilliseconds}`;
}

describe("after an error that may pass", () => {
  test.each([
    "rate_limited",
    "server_error",
    "timeout",
    "connection_failed",
    "stream_interrupted",
    "malformed_answer",
  ] as const)("%s: the policy decides", (type) => {
    expect(plan(type, STAY)).toBe("aurora aurora/large 100");
    expect(plan(type, GO)).toBe("borealis borealis/small 0");
  });

  test("the next provider is the one that follows, and after the last comes the first", () => {
    expect(plan("timeout", GO, { at: "cirrus" })).toBe("aurora aurora/small 0");
  });

  test("with one provider there is no other", () => {
    expect(plan("timeout", GO, { providers: PROVIDERS.slice(0, 1) })).toBe("aurora aurora/large 0");
  });
});

describe("a provider that asks to be left alone", () => {
  test("is left alone for so long at least, or for longer where the policy says so", () => {
    expect(plan("rate_limited", STAY, { retryAfter: 700 })).toBe("aurora aurora/large 700");
    expect(plan("rate_limited", STAY, { retryAfter: 20 })).toBe("aurora aurora/large 100");
  });

  test("says nothing of another provider", () => {
    expect(plan("rate_limited", GO, { retryAfter: 700 })).toBe("borealis borealis/small 0");
  });

  test("for longer than there is time is not waited for", () => {
    expect(plan("rate_limited", STAY, { retryAfter: 20_000 })).toBe("borealis borealis/small 100");
    expect(plan("rate_limited", STAY, { retryAfter: 20_000, providers: PROVIDERS.slice(0, 1) })).toBe("nothing");
  });
});

test.each(["unauthorized", "quota_exhausted", "model_not_found"] as const)(
  "%s: the same provider is never asked again, whatever the policy says",
  (type) => {
    expect(plan(type, STAY)).toBe("borealis borealis/small 100");
    expect(plan(type, STAY, { providers: PROVIDERS.slice(0, 1) })).toBe("nothing");
  },
);

test.each(["invalid_request", "context_length_exceeded"] as const)("%s: nobody is asked again", (type) => {
  expect(plan(type, STAY)).toBe("nothing");
  expect(plan(type, GO)).toBe("nothing");
});

test("when there is no time left, nobody is asked again", () => {
  expect(plan("timeout", { next: "next_provider", waitMilliseconds: 300 }, { left: 200 })).toBe("nothing");
});
