/** The whole of it: a service, a load, a real Prometheus and the controller as separate processes, until something was learnt. */
import { afterEach, expect, test } from "vitest";
import { appliedAdaptations, calledVariants, type Loop, startLoop } from "./loop.ts";
import { cleanUp, getJson, until } from "./processes.ts";

afterEach(cleanUp);

test("through a real Prometheus, parameters are found that beat the base values, and the proof can be asked for again", async () => {
  const loop = await startLoop({ source: "prometheus" });

  const proved = await until("a lift whose interval is above zero", () => provedContext(loop), {
    seconds: 200,
    watching: loop.processes,
  });
  expect(proved.lift.lower).toBeGreaterThan(0);
  expect(proved.parameters).not.toEqual({ algorithm: "gzip", level: 6 });

  // the record says what changed, from what to what, and how sure
  const [latest] = await appliedAdaptations(loop, proved.context);
  expect(latest).toMatchObject({ component: "document_delivery", operation: "deliver_document", status: "applied" });
  expect(latest?.confidence).toBeGreaterThanOrEqual(0.7);
  expect(latest?.newValue).not.toEqual(latest?.oldValue);

  // pasted into Prometheus at any later time, the PromQL gives the numbers that the explanation shows
  const explained = await getJson(`${loop.controllerUrl}/v1/adaptations/${latest?.id}`);
  const answered = await calledVariants(loop, explained);
  const shown = new Map<string, number>(explained.counted.variants.map(({ variant, total }: any) => [variant, total]));
  for (const side of [explained.basis.from, explained.basis.to]) {
    expect(shown.get(side.variant)).toBeGreaterThanOrEqual(side.calls);
    expect(answered.get(side.variant)).toBeCloseTo(shown.get(side.variant) ?? Number.NaN, 6);
  }

  // the service really runs what the controller decided
  const served = await until("calls of the new variant", async () => {
    const page = await (await fetch(loop.metricsUrl)).text();
    const calls = /^trimtab_operation_calls_total\{(.*)\} (\d+)/gm;
    return [...page.matchAll(calls)].some(
      ([, labels, count]) => labels?.includes(`variant="${explained.basis.to.variant}"`) && Number(count) > 0,
    );
  });
  expect(served).toBe(true);
});

async function provedContext(loop: Loop) {
  const { states } = await getJson(`${loop.controllerUrl}/v1/operations/document_delivery/deliver_document`);
  return states.find(
    (state: any) =>
      state.lift?.lower > 0 && state.lastAdaptation?.status === "applied" && state.parameters.algorithm !== undefined,
  );
}
