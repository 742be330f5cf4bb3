/**
 * The fault matrix, sources: each fault of a metric source in each situation. A real controller on a real SQLite file, a real
 * Prometheus behind a proxy that spoils the answers, and time that only the test moves.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutChallengers } from "@trimtab/conventions";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { remoteWrite } from "../prometheus/remote-write.ts";
import { startTestPrometheus, type TestPrometheus } from "../prometheus/test-prometheus.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { GRID } from "./history.ts";
import { buildSituation, INTERVAL, SITUATIONS, type Situation, type SituationName } from "./situations.ts";
import { COUNTER_RESET, type EvidenceQuality, SOURCE_FAULTS, type SourceFault } from "./source-faults.ts";
import { metric, Stage, type Told } from "./stage.ts";

/** After the fault has ended, evidence must be read again within so many cycles. */
const CYCLES_TO_RECOVER = 2;
/** And what the situation was about must be decided soon after: windows close over two cycles. */
const CYCLES_TO_DECIDE = 6;

let prometheus: TestPrometheus;
let folder: string;
let proxy: FaultProxy;
const situations = new Map<SituationName, Situation>();
let stage: Stage | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-faults-"));
  prometheus = await startTestPrometheus();
  const startsAt = Math.floor((Date.now() - 3_600_000) / 60_000) * 60_000;
  for (const name of SITUATIONS)
    situations.set(name, await buildSituation(name, { folder, prometheusUrl: prometheus.url, startsAt }));
}, 120_000);
afterAll(async () => {
  await prometheus?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await stage?.close();
  stage = undefined;
  vi.useRealTimers();
  await proxy.refuse();
});

/** What the next cycles decide where nothing is wrong, so that a change that a fault prevented is known to be one. */
const DECIDED: Readonly<Record<SituationName, (told: Told) => boolean>> = {
  learning: ({ decision }) => decision.evidence.kind === "value",
  guardrail: ({ served }) => !JSON.stringify(served).includes("challenger"),
  promotion: ({ adaptations }) => adaptations.some(({ status }) => status === "applied"),
};

describe.each(SITUATIONS)("while %s", (situationName) => {
  const open = async (name: string): Promise<{ on: Stage; situation: Situation }> => {
    const situation = situations.get(situationName);
    if (situation === undefined) throw new Error("the situation was not built");
    proxy = new FaultProxy(prometheus.url);
    await proxy.listen();
    stage = await Stage.open(situation, proxy, folder, `${situationName}-${name}`);
    return { on: stage, situation };
  };

  test("without a fault the next cycle decides", async () => {
    const { on } = await open("nothing");
    await on.cycle();
    expect(DECIDED[situationName](await on.told())).toBe(true);
  });

  test("counters that start anew in the same process are counted right, so that the next cycle decides all the same", async () => {
    const { on, situation } = await open("counter-reset");
    const before = await on.told();
    await begin(COUNTER_RESET, situation);
    await on.cycle();
    const told = await on.told();
    expect(told.decision.evidence).toEqual({ kind: "value" });
    expect(DECIDED[situationName](told)).toBe(true);
    expect(told.adaptations.length - before.adaptations.length).toBe(situationName === "promotion" ? 1 : 0);
  });

  test.each(SOURCE_FAULTS)("$name: nothing changes, everybody can see why, and it is over by itself", async (fault) => {
    const { on, situation } = await open(fault.name);
    const before = await on.told();
    await begin(fault, situation);
    for (let cycle = 1; cycle <= fault.cycles; cycle++) {
      await on.cycle();
      const told = await on.told();
      expect({ served: told.served, adaptations: told.adaptations }).toEqual({
        served: fault.endsExploring === true ? withoutAnyChallenger(before.served) : before.served,
        adaptations: before.adaptations,
      });
      expect(visible(told, fault.seen)).toEqual(expectedToBeVisible(before, fault.seen, cycle));
    }
    await end(fault, situation);
    const asked = proxy.asked;
    await on.cycle();
    if ((await on.told()).decision.evidence.kind !== "value") await on.cycle();
    expect(proxy.asked).toBeGreaterThan(asked);
    const recovered = await on.told();
    expect(recovered.decision.evidence).toEqual({ kind: "value" });
    expect(recovered.decision.cycle).toBeGreaterThan(before.decision.cycle);
    expect(recovered.health.details.operations[0]).not.toHaveProperty("evidence");
    expect(recovered.health.details.operations[0]).not.toHaveProperty("skipped");
    for (let cycle = CYCLES_TO_RECOVER; !DECIDED[situationName](await on.told()); cycle++) {
      expect(cycle).toBeLessThan(CYCLES_TO_DECIDE);
      await on.cycle();
    }
  });
});

/** What is served once challengers may run no longer: the last decision stands, and goes on when the clock is right again. */
function withoutAnyChallenger(served: Told["served"]): Told["served"] {
  return served.map(({ context, variants }) => ({ context, variants: withoutChallengers(variants) }));
}

async function begin(fault: SourceFault, situation: Situation): Promise<void> {
  const { skew = 0 } = fault;
  proxy.interference = fault.interference;
  if (fault.isDown) await proxy.refuse();
  if (fault.isUnknown) proxy.written = "nobody";
  if (fault.twist !== undefined) {
    const twin = `${situation.written}-${fault.name.replaceAll(/[^a-z0-9]+/gi, "-")}`;
    // From the first scrape after the last window that was counted.
    const from = situation.dueAt - (situation.dueAt % GRID) - 2 * GRID - INTERVAL;
    await remoteWrite(prometheus.url, situation.history.twin(twin, { ...fault.twist, from }));
    proxy.written = twin;
  }
  if (skew !== 0) {
    vi.setSystemTime(Date.now() + skew);
    proxy.now = () => Date.now() - skew;
  }
}

async function end(fault: SourceFault, situation: Situation): Promise<void> {
  const { skew = 0 } = fault;
  proxy.interference = undefined;
  proxy.written = situation.written;
  if (fault.isDown) await proxy.listen();
  if (skew !== 0) {
    vi.setSystemTime(Date.now() - skew);
    proxy.now = () => Date.now();
  }
}

/** What the API, the metrics and the readiness say of a state. */
function visible({ metrics, health, decision }: Told, seen: EvidenceQuality): unknown {
  const [operation] = health.details.operations;
  const { status } = health;
  if (seen === "skipped") {
    const skipped = metric(metrics, "trimtab_cycles_total", { result: "skipped" });
    return { status, lastDecision: decision.id, skipped, says: operation.skipped !== undefined };
  }
  const codes: string[] = decision.contexts.map(({ reason }: any) => reason.code);
  return {
    status,
    kinds: [...new Set(decision.contexts.map(({ kind }: any) => kind))],
    hasReason: codes.includes(`EVIDENCE_${seen.toUpperCase().replaceAll("-", "_")}`),
    readings: metric(metrics, "trimtab_readings_total", { kind: seen }),
    lastSuccess: metric(metrics, "trimtab_cycle_last_success_timestamp_seconds", {}),
    evidence: operation.evidence,
  };
}

/** In readiness it stays ready: what is served is served. */
function expectedToBeVisible({ decision }: Told, seen: EvidenceQuality, cycles: number): unknown {
  const status = "ready";
  if (seen === "skipped") return { status, lastDecision: decision.id, skipped: cycles, says: true };
  const evidence = { kind: seen, detail: expect.any(String) };
  return { status, kinds: ["hold"], hasReason: true, readings: cycles, lastSuccess: 0, evidence };
}
