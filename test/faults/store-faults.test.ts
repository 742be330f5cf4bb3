/** The fault matrix, store: a store that takes nothing, in each situation. What is served goes on, and what was not recorded is done later. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestPrometheus, type TestPrometheus } from "../prometheus/test-prometheus.ts";
import { FaultProxy } from "./fault-proxy.ts";
import {
  buildSituation,
  COMPONENT,
  INTERVAL,
  OPERATION,
  SITUATIONS,
  type Situation,
  type SituationName,
} from "./situations.ts";
import { metric, Stage } from "./stage.ts";

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
let end: () => void = () => {};
afterEach(async () => {
  end();
  end = () => {};
  await stage?.close();
  stage = undefined;
  vi.useRealTimers();
  await proxy.refuse();
});

interface StoreFault {
  readonly name: string;
  /** @returns What ends it. */
  readonly begin: (storePath: string) => Promise<() => void>;
}

const STORE_FAULTS: readonly StoreFault[] = [
  {
    name: "store locked",
    begin: async (storePath) => {
      const other = new DatabaseSync(storePath, { timeout: 5_000 });
      other.exec("BEGIN IMMEDIATE");
      return () => other.close();
    },
  },
  {
    // No file of this process may grow, as on a disk that is full. Node ignores the signal that comes with it.
    name: "store full",
    begin: async (storePath) => {
      const { size } = await stat(`${storePath}-wal`);
      execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${size}:`]);
      return () => {
        execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited:"]);
      };
    },
  },
];

describe.each(SITUATIONS)("while %s", (situationName) => {
  test.each(STORE_FAULTS)("$name: nothing changes, everybody can see why, and it is over by itself", async (fault) => {
    const situation = situations.get(situationName);
    if (situation === undefined) throw new Error("the situation was not built");
    proxy = new FaultProxy(prometheus.url);
    await proxy.listen();
    stage = await Stage.open(situation, proxy, folder, `${situationName}-${fault.name}`);
    const before = await stage.told();
    end = await fault.begin(stage.storePath);
    for (let failures = 1; failures <= 4; failures++) {
      await stage.nextPass();
      const told = await stage.told();
      expect(told.served).toEqual(before.served);
      expect(told.adaptations).toEqual(before.adaptations);
      expect(told.decision).toEqual(before.decision);
      expect(told.health.status).toBe("ready"); // what is served is served
      expect(told.health.details.operations[0]).toMatchObject({
        failuresInARow: failures,
        problem: expect.any(String),
      });
      expect(metric(told.metrics, "trimtab_cycles_total", { result: "failed" })).toBe(failures);
    }
    expect(await stage.json("/v1/learning-cycles", askFor())).toMatchObject({
      cycles: [{ outcome: "failed", detail: expect.any(String) }],
    });

    end();
    end = () => {};
    const endedAt = Date.now();
    await stage.nextPass();
    expect(Date.now() - endedAt).toBeLessThanOrEqual(2 * INTERVAL + 1);
    const recovered = await stage.told();
    expect(recovered.decision).toMatchObject({ cycle: before.decision.cycle + 1, evidence: { kind: "value" } });
    expect(recovered.decision.window.from).toBe(before.decision.window.to); // nothing was lost meanwhile
    expect(recovered.health.details.operations[0]).toMatchObject({ failuresInARow: 0 });
  });
});

function askFor(): RequestInit {
  const body = JSON.stringify({ component: COMPONENT, operation: OPERATION });
  return { method: "POST", headers: { "content-type": "application/json" }, body };
}
