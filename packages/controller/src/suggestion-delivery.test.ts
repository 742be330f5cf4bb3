import { createActStore, createSuggestionStore, openSqliteDatabase, type Suggestion } from "@trimtab/engine";
import { expect, test } from "vitest";
import { createSuggestionDelivery } from "./suggestion-delivery.ts";

const SECOND = 1_000;

test("what stays refused, because a newer one of its kind is open, is asked about less and less often, until that is decided", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSuggestionStore(database);
  let now = 1_000_000;
  const refusals: number[] = [];
  const log = { debug() {}, info() {}, error() {}, warning: () => refusals.push((now - 1_000_000) / SECOND) };
  const delivery = createSuggestionDelivery({
    store,
    acts: createActStore(database),
    policies: () => [], // the operation is not configured any more, so that its act is refused
    decide: () => Promise.resolve(),
    now: () => now,
    log,
  });
  const suggestion = (id: string, createdAt: number): Suggestion => ({
    id,
    createdAt,
    status: "open",
    rule: "too-plain",
    entity: "artist-1",
    target: "shop",
    suggestion: "raise_level",
    confidence: 0.6,
    reasoning: "it is said again and again",
    feedback: [],
    change: { operation: "checkout", parameter: "level", from: 3, to: 5, context: {} },
  });
  await store.recordProcessing([], [suggestion("old", 1)], now);
  await store.decideSuggestion("old", { status: "accepted", at: now, by: "ada", act: "act-old" });
  await store.recordProcessing([], [suggestion("new", 2)], now);

  const everyTenSeconds = async (seconds: number): Promise<void> => {
    for (const end = now + seconds * SECOND; now < end; now += 10 * SECOND)
      await delivery.deliverWaiting(new AbortController().signal);
  };
  await everyTenSeconds(300);
  expect(refusals).toEqual([0, 20, 60, 140]);
  await everyTenSeconds(24 * 3_600);
  expect(refusals.length).toBeLessThan(40); // at the latest once an hour
  await store.decideSuggestion("new", { status: "dismissed", at: now });
  await everyTenSeconds(3_600);
  expect((await store.getSuggestion("old"))?.status).toBe("open");
  await database.destroy();
});
