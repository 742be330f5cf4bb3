import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, cell, startApp } from "./app-fixture.ts";
import { suggestChange } from "./suggested-change-fixture.ts";

interface Act {
  readonly id: string;
  readonly kind: string;
  readonly by: string;
  readonly outcome?: { readonly result: string; readonly reason: { readonly code: string } };
}
interface Operation {
  readonly people?: { readonly frozen?: object; readonly overrides: readonly object[] };
  readonly awaiting: readonly { readonly id: string }[];
  readonly states: readonly { readonly context: object; readonly parameters: object }[];
}

const WHY = { by: "ann", why: "a test" };
const OVERRIDE = "/v1/overrides/shop/checkout?ctx.genre=rock";

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp();
  app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10)] });
});
afterEach(() => app.close());

async function send<Body>(method: string, path: string, body: unknown = WHY, status = 200): Promise<Body> {
  const headers = { "content-type": "application/json" };
  const response = await app.fetch(path, {
    method,
    headers,
    ...(method === "DELETE" ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Body;
  expect([response.status, answer]).toEqual([status, answer]);
  return answer;
}

const checkout = () => app.json<Operation>("/v1/operations/shop/checkout");
const rock = async () =>
  (await checkout()).states.find(({ context }) => JSON.stringify(context) === '{"genre":"rock"}');

describe("an override", () => {
  test("is served at once, seen in the operation, and released", async () => {
    const until = "2100-01-01T00:00:00.000Z";
    const put = await send<Act>("PUT", OVERRIDE, { ...WHY, values: { level: 7 }, until });
    expect(put).toMatchObject({ kind: "override", by: "ann", context: { genre: "rock" }, values: { level: 7 }, until });
    expect(put.outcome).toMatchObject({ result: "done", reason: { code: "PERSON_OVERRODE" } });
    expect((await rock())?.parameters).toEqual({ level: 7 });
    expect((await checkout()).people?.overrides).toMatchObject([
      { act: put.id, by: "ann", values: { level: 7 }, until },
    ]);
    const asked = await app.json<{ parameters: object }>("/v1/parameters/shop/checkout?ctx.genre=rock&key=u1");
    expect(asked).toMatchObject({ parameters: { level: 7 } });
    await send("DELETE", `${OVERRIDE}&why=over`);
    expect((await checkout()).people).toBeUndefined();
  });

  test.each([
    [{ level: 99 }, "OUTSIDE_SPACE"],
    [{ levle: 4 }, "OUTSIDE_SPACE"],
    [{}, "OUTSIDE_SPACE"],
  ])("with %j is refused", async (values, code) => {
    const problem = await send<{ code: string; detail: string }>("PUT", OVERRIDE, { ...WHY, values }, 409);
    expect(problem).toMatchObject({ code: "ACT_REFUSED" });
    expect(problem.detail).toMatch(new RegExp(`^${code}: `));
  });

  test("without a reason is no request", async () => {
    const { problems } = await send<{ problems: object[] }>("PUT", OVERRIDE, { values: { level: 4 } }, 400);
    expect(problems).toMatchObject([{ path: "why" }]);
    await send("PUT", OVERRIDE, { values: { level: 4 }, why: " \n" }, 400);
    await send("DELETE", OVERRIDE, undefined, 400);
    await send("PUT", "/v1/overrides/shop/nothing", { ...WHY, values: { level: 4 } }, 404);
  });
});

test("an operation is frozen, reset and the reset undone, and every attempt stands in the audit", async () => {
  const path = "/v1/operations/shop/checkout";
  await send("POST", `${path}/freeze`);
  expect((await checkout()).people?.frozen).toMatchObject(WHY);
  await send("POST", `${path}/freeze`, WHY, 409);
  await send("POST", `${path}/unfreeze`, { why: "enough" });
  await send("POST", `${path}/reset`);
  await send("POST", `${path}/reset/undo`);
  const refused = await send<{ detail: string }>("POST", `${path}/reset/undo`, WHY, 409);
  expect(refused.detail).toMatch(/^NOTHING_TO_UNDO: /);
  const { decisions } = await app.json<{ decisions: readonly { acts?: readonly object[] }[] }>(
    "/v1/decisions?component=shop&operation=checkout&limit=1",
  );
  expect(decisions[0]?.acts).toMatchObject([{ result: "refused", reason: { code: "NOTHING_TO_UNDO" } }]);
  const { acts, nextCursor } = await app.json<{ acts: readonly Act[]; nextCursor: string }>("/v1/audit?limit=4");
  expect(acts.map(({ kind, by, outcome }) => [kind, by, outcome?.result, outcome?.reason.code])).toEqual([
    ["undo-reset", "ann", "refused", "NOTHING_TO_UNDO"],
    ["undo-reset", "ann", "done", "PERSON_UNDID_RESET"],
    ["reset", "ann", "done", "PERSON_RESET"],
    ["unfreeze", "unnamed", "done", "PERSON_UNFROZE"],
  ]);
  const rest = await app.json<{ acts: readonly Act[] }>(`/v1/audit?limit=4&cursor=${nextCursor}`);
  expect(rest.acts.map(({ kind }) => kind)).toEqual(["freeze", "freeze"]);
  const frozen = await app.json<{ acts: readonly Act[] }>("/v1/audit?kind=freeze&component=shop&by=ann");
  expect(frozen.acts).toEqual(rest.acts);
});

describe("a suggested change", () => {
  test("waits in sight, and is served once a person approves it; then it can be rolled back", async () => {
    await suggestChange(app);
    expect((await checkout()).awaiting).toMatchObject([{ id: "a-1", parameter: "level", oldValue: 3, newValue: 5 }]);
    await send("POST", "/v1/adaptations/a-1/approve");
    expect((await checkout()).awaiting).toEqual([]);
    expect((await rock())?.parameters).toEqual({ level: 5 });
    const { history } = await app.json<{ history: readonly { status: string }[] }>("/v1/adaptations/a-1");
    expect(history.map(({ status }) => status)).toEqual(["suggested", "approved", "applied"]);
    await send("POST", "/v1/adaptations/a-1/approve", WHY, 409);
    await send("POST", "/v1/adaptations/c-a-1/rollback"); // by the id of the change
    expect((await rock())?.parameters).toEqual({ level: 3 });
  });

  test("is rejected", async () => {
    await suggestChange(app);
    expect(await send("POST", "/v1/adaptations/a-1/reject")).toMatchObject({ target: "a-1" });
    expect(await app.json("/v1/adaptations/a-1")).toMatchObject({ status: "rejected" });
  });

  test("that nobody made is not found", async () => {
    const problem = await send<{ code: string }>("POST", "/v1/adaptations/a-9/approve", WHY, 404);
    expect(problem.code).toBe("ADAPTATION_UNKNOWN");
    expect(await app.json("/v1/audit")).toEqual({ acts: [] });
  });
});

test("a metric source that is gone does not keep a person waiting", async () => {
  app.source.answer = () => {
    throw new Error("gone");
  };
  expect(await send<Act>("POST", "/v1/operations/shop/checkout/freeze")).toMatchObject({ outcome: { result: "done" } });
});

test("a web page from elsewhere and a method that there is not are refused", async () => {
  const headers = { "content-type": "application/json", origin: "http://evil.example" };
  const init = { method: "PUT", headers, body: JSON.stringify({ ...WHY, values: { level: 4 } }) };
  expect((await app.fetch(OVERRIDE, init)).status).toBe(403);
  const other = await app.fetch(OVERRIDE, { method: "POST" });
  expect([other.status, other.headers.get("allow")]).toEqual([405, "PUT, DELETE, OPTIONS"]);
});
