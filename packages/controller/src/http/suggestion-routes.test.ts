import { processFeedback } from "@trimtab/engine";
import { DEFAULT_SUGGESTION_RULES, type SuggestionRule } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeTargets } from "../change-target.ts";
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

describe("an accepted suggestion without a change", () => {
  test("stays among the accepted ones until its target has taken it, once", async () => {
    const [open] = await listed();
    const path = `/v1/suggestions/${open?.id}/acknowledge`;
    expect(await post(path, {}, 409)).toMatchObject({ code: "SUGGESTION_NOT_ACCEPTED", detail: "It is open." });
    await post(`/v1/suggestions/${open?.id}/accept`, {});
    expect(await listed("?target=artist_builder&status=accepted")).toHaveLength(1);
    const taken = await post<WireSuggestion>(path, { by: "artist_builder-2" });
    expect(taken).toMatchObject({ status: "delivered", deliveredTo: "artist_builder-2" });
    expect(await post(path, { by: "artist_builder-1" })).toEqual(taken);
    expect(await listed("?target=artist_builder&status=accepted")).toEqual([]);
    expect(await post(`/v1/suggestions/${open?.id}/accept`, {})).toEqual(taken); // a repeated request
  });

  test("a dismissed one, or one that is not there, cannot be taken", async () => {
    const [open] = await listed();
    await post(`/v1/suggestions/${open?.id}/dismiss`, {});
    expect(await post(`/v1/suggestions/${open?.id}/acknowledge`, {}, 409)).toMatchObject({
      detail: "It is dismissed.",
    });
    expect(await post("/v1/suggestions/s-1/acknowledge", {}, 404)).toMatchObject({ code: "SUGGESTION_UNKNOWN" });
  });
});

describe("a suggestion that names its change", () => {
  const rule: SuggestionRule = {
    id: "too-plain",
    type: "too_plain",
    target: "shop",
    moreThan: 1,
    withinMilliseconds: 86_400_000,
    suggestion: "raise_level",
    confidence: 0.6,
    change: { operation: "checkout", parameter: "level", by: 2, context: { genre: "rock" } },
  };
  const findTarget = () => changeTargets(() => app.config.policies, app.board);
  let count = 0;
  const suggest = async (change: Partial<SuggestionRule> = {}): Promise<WireSuggestion | undefined> => {
    count++;
    const items = ["a", "b"].map((name) => ({
      id: `plain-${count}-${name}`,
      type: "too_plain",
      entity: `artist-${count}`,
    }));
    await post("/v1/feedback", { items });
    const rules = [{ ...rule, ...change }];
    await processFeedback({ store: app.suggestions, rules, now: NOW, findTarget: findTarget() });
    return (await listed(`?entity=artist-${count}`))[0];
  };
  const served = async (): Promise<unknown> =>
    (await app.json<{ parameters: object }>("/v1/parameters/shop/checkout?ctx.genre=rock&key=user-1")).parameters;

  test("is delivered by accepting it: an act of the person, decided, served and in the audit", async () => {
    expect(await served()).toEqual({ level: 3 });
    const open = await suggest();
    expect(open).toMatchObject({ change: { operation: "checkout", parameter: "level", from: 3, to: 5 } });
    const accepted = await post<WireSuggestion & { act: string }>(`/v1/suggestions/${open?.id}/accept`, {
      by: "ada",
      why: "yes",
    });
    expect(accepted).toMatchObject({ status: "delivered", deliveredTo: "shop/checkout", decidedBy: "ada" });
    expect(await served()).toEqual({ level: 5 });
    const { acts } = await app.json<{ acts: readonly object[] }>("/v1/audit?operation=checkout");
    expect(acts).toMatchObject([{ id: accepted.act, by: "ada", kind: "override", outcome: { result: "done" } }]);
    expect(await post(`/v1/suggestions/${open?.id}/accept`, { by: "bob" })).toEqual(accepted);
    expect((await app.json<{ acts: readonly object[] }>("/v1/audit?operation=checkout")).acts).toHaveLength(1);
  });

  test("is not made where nothing would change, nor for an operation that is not configured", async () => {
    expect(
      await suggest({ change: { operation: "checkout", parameter: "level", to: 3, context: {} } }),
    ).toBeUndefined();
    expect(await suggest({ change: { operation: "gone", parameter: "level", by: 1, context: {} } })).toBeUndefined();
    expect(await suggest({ change: { operation: "checkout", parameter: "level", by: -4, context: {} } })).toMatchObject(
      {
        change: { to: 1 },
      },
    );
  });

  test("that the operation refuses is open again, and says why", async () => {
    const open = await suggest({
      change: { operation: "checkout", parameter: "level", by: 2, context: { mood: "calm" } },
    });
    const refused = await post<{ detail: string }>(`/v1/suggestions/${open?.id}/accept`, {}, 409);
    expect(refused).toMatchObject({ code: "ACT_REFUSED" });
    expect(refused.detail).toContain('"mood" is no declared context key');
    expect((await listed(`?entity=artist-${count}`))[0]).toEqual(open);
    await post(`/v1/suggestions/${open?.id}/dismiss`, {});
  });

  test("whose controller died between the word and the act is delivered afterwards, once", async () => {
    const open = await suggest();
    const id = open?.id ?? "";
    // What is on disk after a kill -9 behind the first write of accept:
    await app.suggestions.decideSuggestion(id, { status: "accepted", at: NOW, by: "ada", act: `act-${id}-1` });
    expect(await post(`/v1/suggestions/${id}/acknowledge`, {}, 409)).toMatchObject({ code: "SUGGESTION_NOT_ACCEPTED" });
    const { signal } = new AbortController();
    await app.suggestionDelivery.deliverWaiting(signal);
    await app.suggestionDelivery.deliverWaiting(signal);
    expect((await listed(`?entity=artist-${count}`))[0]).toMatchObject({ status: "delivered" });
    const { acts } = await app.json<{ acts: readonly { id: string }[] }>("/v1/audit?operation=checkout");
    expect(acts.filter((act) => act.id === `act-${id}-1`)).toHaveLength(1);
    expect(await served()).toEqual({ level: 5 });
  });
});
