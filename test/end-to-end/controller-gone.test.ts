/** The controller is killed and comes back: the service never notices, and nothing that was recorded is lost. */
import { afterEach, expect, test } from "vitest";
import { appliedAdaptations, callsOnThePage, loadCounts, startLoop } from "./loop.ts";
import { cleanUp, getJson, until } from "./processes.ts";

afterEach(cleanUp);

test("kill -9 of the controller costs the service nothing and loses no record", async () => {
  const loop = await startLoop({ source: "embedded" });
  await until("an adaptation", async () => (await appliedAdaptations(loop)).length > 0, {
    seconds: 200,
    watching: loop.processes,
  });

  const before = await getJson(`${loop.controllerUrl}/v1/adaptations?limit=1000`);
  const operation = await getJson(`${loop.controllerUrl}/v1/operations/document_delivery/deliver_document`);
  expect(await loop.controller.end("SIGKILL")).toBe("SIGKILL");

  // nobody answers at the controller's place, and the service goes on with what it knows
  await expect(fetch(`${loop.controllerUrl}/livez`)).rejects.toThrow("fetch failed");
  const atDeath = loadCounts(loop);
  const pageAtDeath = await callsOnThePage(loop);
  await until("200 more answers without the controller", () => loadCounts(loop).answered > atDeath.answered + 200, {
    watching: [loop.load, loop.service],
  });
  expect(loadCounts(loop)).toMatchObject({ failed: 0 });
  const learnt: string[] = operation.states.flatMap((state: any) =>
    state.variants.filter(({ role }: any) => role === "incumbent").map(({ id }: any) => id),
  );
  const page = await callsOnThePage(loop);
  const callsSince = learnt.map((variant) => (page.get(variant) ?? 0) - (pageAtDeath.get(variant) ?? 0));
  expect(Math.max(...callsSince)).toBeGreaterThan(0);

  await loop.restartController();
  const after = await getJson(`${loop.controllerUrl}/v1/adaptations?limit=1000`);
  const records = new Map(after.adaptations.map((record: any) => [record.id, record]));
  for (const { status: _, applied: __, ...record } of before.adaptations)
    expect(records.get(record.id)).toMatchObject(record);
  await until(
    "cycles after the restart",
    async () => {
      const { cycles } = await getJson(`${loop.controllerUrl}/v1/operations/document_delivery/deliver_document`);
      return cycles > operation.cycles + 3;
    },
    { watching: loop.processes },
  );

  // calls that happened while nobody counted are counted once, from what the service's counters had grown by
  await loop.load.end("SIGTERM");
  const truth = [...(await callsOnThePage(loop)).values()].reduce((sum, calls) => sum + calls, 0);
  const total = await until(
    "every call in the summary",
    async () => {
      const summary = await getJson(`${loop.controllerUrl}/v1/performance/document_delivery?period=1h`);
      return summary.total === truth ? summary.total : undefined;
    },
    { watching: [loop.controller, loop.service] },
  );
  expect(total).toBe(truth);
  expect(await loop.controller.end("SIGTERM")).toBe(0);
});
