import { processFeedback } from "@trimtab/engine";
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

interface WireSuggestion {
  readonly id: string;
  readonly status: string;
}

const NOW = Date.UTC(2026, 10, 20, 10);

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp({ now: () => NOW });
  const items = Array.from({ length: 6 }, (_, index) => ({
    id: `f-${index}`,
    type: "low_engagement",
    entity: "artist-7",
    source: "artist_flow",
    target: "artist_builder",
  }));
  await post("/v1/feedback", { items });
  await processFeedback({ store: app.suggestions, rules: DEFAULT_SUGGESTION_RULES, now: NOW });
});
afterEach(() => app.close());

async function post<Body>(path: string, body: unknown, status = 200): Promise<Body> {
  const headers = { "content-type": "application/json" };
  const response = await app.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as Body;
  expect([response.status, answer]).toEqual([status, answer]);
  return answer;
}

const listed = async (query = ""): Promise<readonly WireSuggestion[]> =>
  (await app.json<{ suggestions: readonly WireSuggestion[] }>(`/v1/suggestions${query}`)).suggestions;

describe("suggestions", () => {
  test("are listed with what they rest on", async () => {
    expect(await listed()).toMatchObject([
      {
        rule: "low-engagement",
        entity: "artist-7",
        target: "artist_builder",
        suggestion: "increase_uniqueness",
        confidence: 0.7,
        status: "open",
        createdAt: "2026-11-20T10:00:00.000Z",
        feedback: ["f-0", "f-1", "f-2", "f-3", "f-4", "f-5"],
      },
    ]);
  });

  test("that were accepted are found by their target, with who and why", async () => {
    const [open] = await listed("?status=open");
    const accepted = await post(`/v1/suggestions/${open?.id}/accept`, { by: "ada", why: "I hear it too" });
    expect(accepted).toMatchObject({ status: "accepted", decidedBy: "ada", why: "I hear it too" });
    expect(await listed("?target=artist_builder&status=accepted")).toEqual([accepted]);
    expect(await post(`/v1/suggestions/${open?.id}/accept`, {})).toEqual(accepted); // a repeated request
  });

  test("that were decided one way cannot be decided the other", async () => {
    const [open] = await listed();
    await post(`/v1/suggestions/${open?.id}/dismiss`, { by: "ada" });
    expect(await post(`/v1/suggestions/${open?.id}/accept`, { by: "bob" }, 409)).toMatchObject({
      code: "SUGGESTION_DECIDED",
      detail: "It was dismissed before.",
    });
    expect(await listed()).toMatchObject([{ status: "dismissed", decidedBy: "ada" }]);
  });

  test("that nobody made cannot be decided", async () => {
    expect(await post("/v1/suggestions/s-1/accept", {}, 404)).toMatchObject({ code: "SUGGESTION_UNKNOWN" });
  });
});
