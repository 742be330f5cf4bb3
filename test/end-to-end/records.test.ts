/** Single calls of a real service reach a real controller, and are there after it was killed. */
import type { OperationRecord } from "@trimtab/conventions";
import { afterEach, expect, test } from "vitest";
import { startLoop } from "./loop.ts";
import { cleanUp, getJson, until } from "./processes.ts";

afterEach(cleanUp);

const KEEP = 120;

test("the last calls are kept, bounded, newest first and by context, also when the controller is killed", async () => {
  const loop = await startLoop({ source: "embedded", records: { ratio: 1, keep: KEEP } });
  const list = async (query = ""): Promise<OperationRecord[]> =>
    (await getJson(`${loop.controllerUrl}/v1/records?component=document_delivery&limit=1000${query}`)).records;
  const ids = (records: readonly OperationRecord[]): string[] => records.map(({ id }) => id);

  const first = await until("a record", async () => (await list()).at(-1), { watching: loop.processes });
  await until(
    "the bound, and the first record to have made room",
    async () => {
      const records = await list();
      return records.length === KEEP && !ids(records).includes(first.id);
    },
    { watching: loop.processes },
  );

  await loop.load.end("SIGTERM");
  const before = await until(
    "the last records of the load, the same by every question",
    async () => {
      const all = await list();
      const ofJson = all.filter(({ context }) => context["content_type"] === "json");
      const isSame = JSON.stringify(ids(await list("&ctx.content_type=json"))) === JSON.stringify(ids(ofJson));
      return all.length === KEEP && ofJson.length > 0 && ofJson.length < KEEP && isSame && all;
    },
    { watching: [loop.service, loop.controller] },
  );
  const times = before.map(({ at }) => at);
  expect(times).toEqual([...times].sort().reverse());
  expect(await list("&ctx.content_type=json&ctx.genre=rock")).toEqual([]);
  expect(before[0]).toMatchObject({
    component: "document_delivery",
    operation: "deliver_document",
    outcome: "success",
    durationMilliseconds: expect.any(Number),
    variant: expect.stringMatching(/^(v|base)-/),
  });

  // killed, and three calls while nobody takes their records
  expect(await loop.controller.end("SIGKILL")).toBe("SIGKILL");
  const diedAt = new Date().toISOString();
  for (let call = 0; call < 3; call++) {
    const answer = await fetch(`${loop.serviceUrl}/documents/json/0`);
    expect([answer.status, (await answer.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
  }
  await loop.restartController();
  const after = await until(
    "the three calls",
    async () => {
      const records = await list();
      return records.length === KEEP && records.filter(({ at }) => at >= diedAt).length === 3 && records;
    },
    { watching: [loop.service, loop.controller] },
  );
  const survived = after.filter(({ id }) => ids(before).includes(id));
  expect(survived.length).toBeGreaterThan(KEEP / 2);
  expect(survived).toEqual(before.slice(0, survived.length));
  expect(await loop.controller.end("SIGTERM")).toBe(0);
});
