/**
 * The fault matrix, processes: a controller that is killed in the middle of a cycle, told to end in the middle of a write, and given
 * a broken configuration, in each situation. Real processes, whose clock is set back to the time that the history tells of.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cleanUp, freePort, getJson, type RunningProcess, startNode, until } from "../end-to-end/processes.ts";
import { startTestPrometheus, type TestPrometheus } from "../prometheus/test-prometheus.ts";
import { FaultProxy } from "./fault-proxy.ts";
import {
  buildSituation,
  COMPONENT,
  configurationText,
  INTERVAL,
  OPERATION,
  SITUATIONS,
  type Situation,
  type SituationName,
} from "./situations.ts";

const PLACE = `component=${COMPONENT}&operation=${OPERATION}`;

let prometheus: TestPrometheus;
let folder: string;
const proxies: FaultProxy[] = [];
const situations = new Map<SituationName, Situation>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-faults-"));
  prometheus = await startTestPrometheus();
  const startsAt = Math.floor((Date.now() - 3_600_000) / 60_000) * 60_000;
  for (const name of SITUATIONS)
    situations.set(name, await buildSituation(name, { folder, prometheusUrl: prometheus.url, startsAt }));
}, 120_000);
afterEach(async () => {
  await cleanUp();
  for (const proxy of proxies.splice(0)) await proxy.refuse();
});
afterAll(async () => {
  await prometheus.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A controller whose clock is behind, on a store of its own. */
class Replayed {
  readonly proxy: FaultProxy;
  readonly storePath: string;
  readonly configuration: string;
  readonly url: string;
  readonly #behind: number;
  process: RunningProcess | undefined;

  private constructor(proxy: FaultProxy, situation: Situation, port: number) {
    this.proxy = proxy;
    this.storePath = join(folder, `${situation.name}-${port}.db`);
    this.configuration = join(folder, `${situation.name}-${port}.yaml`);
    this.url = `http://127.0.0.1:${port}`;
    this.#behind = Date.now() - (situation.dueAt - INTERVAL / 2);
    copyFileSync(situation.storePath, this.storePath);
    writeFileSync(this.configuration, configurationText({ storePath: this.storePath, prometheusUrl: proxy.url, port }));
    proxy.written = situation.written;
    proxy.now = () => Date.now() - this.#behind;
  }

  static async prepare(name: SituationName): Promise<Replayed> {
    const situation = situations.get(name);
    if (situation === undefined) throw new Error("the situation was not built");
    const proxy = new FaultProxy(prometheus.url);
    await proxy.listen();
    proxies.push(proxy);
    return new Replayed(proxy, situation, await freePort());
  }

  async start(): Promise<RunningProcess> {
    const clock = `const D = Date; globalThis.Date = class extends D {
      constructor(...given) { if (given.length > 0) super(...given); else super(D.now() - ${this.#behind}); }
      static now() { return D.now() - ${this.#behind}; }
    };`;
    const { configuration } = this;
    const serve = ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration];
    const process = startNode("controller", [
      "--import",
      `data:text/javascript,${encodeURIComponent(clock)}`,
      ...serve,
    ]);
    this.process = process;
    await until("the controller", async () => (await fetch(`${this.url}/readyz`)).ok, { watching: [process] });
    return process;
  }

  /** What readiness says of the configuration. */
  async configurationState(): Promise<{ current: boolean; problems?: string[] }> {
    return (await getJson(`${this.url}/readyz`)).details.configuration;
  }

  /** The metrics page. */
  async page(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  async told(): Promise<{ served: unknown; adaptations: any[]; decisions: any[] }> {
    const document = await getJson(`${this.url}/v1/allocations?component=${COMPONENT}`);
    const { adaptations } = await getJson(`${this.url}/v1/adaptations?${PLACE}&limit=100`);
    const { decisions } = await getJson(`${this.url}/v1/decisions?${PLACE}&limit=100`);
    return {
      served: document.operations[OPERATION].allocations.map(({ variants }: any) => variants),
      adaptations,
      decisions,
    };
  }

  /** Waits for a decision on evidence that is later than the given one, and gives everything since. */
  async decided(after: number): Promise<any[]> {
    return until(
      "a decision on evidence",
      async () => {
        const { decisions } = await this.told();
        const since = decisions.filter(({ cycle }) => cycle > after);
        return since.some(({ evidence }) => evidence.kind === "value") && since;
      },
      { watching: this.process === undefined ? [] : [this.process] },
    );
  }
}

/** Cycles that follow each other without a gap, newest first: nothing was lost and nothing counted twice. */
function expectUnbroken(decisions: readonly any[]): void {
  for (const [index, { cycle, window }] of decisions.slice(0, -1).entries()) {
    const earlier = decisions[index + 1];
    expect({ cycle, from: window.from }).toEqual({ cycle: earlier.cycle + 1, from: earlier.window.to });
  }
}

describe.each(SITUATIONS)("while %s", (name) => {
  test("killed in the middle of a cycle: nothing has changed, and the cycle is done after the restart", async () => {
    const on = await Replayed.prepare(name);
    on.proxy.interference = () => {}; // the answer does not come, so the cycle stays in its middle
    const first = await on.start();
    const before = await on.told();
    await until("a question", () => on.proxy.asked > 0, { watching: [first] });
    await first.end("SIGKILL");
    on.proxy.interference = undefined;
    await on.start();
    const [last] = before.decisions;
    const since = await on.decided(last.cycle);
    expect(since.at(-1).evidence).toEqual({ kind: "value" }); // the first cycle after it, at once
    expectUnbroken([...since, last]);
  });

  test("told to end in the middle of a write: it ends in order, all of the cycle is in the store or nothing", async () => {
    const on = await Replayed.prepare(name);
    const first = await on.start();
    const other = new DatabaseSync(on.storePath, { timeout: 20_000 });
    other.exec("BEGIN IMMEDIATE"); // whatever the controller writes now waits
    const before = await on.told();
    const asked = on.proxy.asked;
    await until("questions", () => on.proxy.asked >= asked + 6, { watching: [first] });
    expect(await first.end("SIGTERM")).toBe(0);
    other.close();
    const again = new DatabaseSync(on.storePath);
    expect(again.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    again.close();
    await on.start();
    const [last] = before.decisions;
    const since = await on.decided(last.cycle);
    expectUnbroken([...since, last]);
  });

  test("the configuration breaks: the old one stays in force, the loop goes on, and the next sound one is taken", async () => {
    const on = await Replayed.prepare(name);
    on.proxy.interference = (response) => void response.writeHead(503).end();
    const first = await on.start();
    const before = await on.told();
    const port = Number(new URL(on.url).port);
    const sound = configurationText({ storePath: on.storePath, prometheusUrl: on.proxy.url, port });
    writeFileSync(on.configuration, sound.replace(`interval: ${INTERVAL / 1000}s`, "interval: never"));
    first.child.kill("SIGHUP");
    await until("the refusal", async () => !(await on.configurationState()).current, { watching: [first] });
    const { problems } = await on.configurationState();
    expect(problems).toEqual([expect.stringContaining("never")]); // what is wrong is named
    expect(await on.page()).toMatch(/^trimtab_config_last_reload_successful 0$/m);
    const during = await on.told();
    expect({ served: during.served, adaptations: during.adaptations }).toEqual({
      served: before.served,
      adaptations: before.adaptations,
    });
    on.proxy.interference = undefined;
    const [last] = during.decisions;
    await on.decided(last.cycle);
    writeFileSync(on.configuration, sound);
    first.child.kill("SIGHUP");
    await until("the sound one", async () => (await on.configurationState()).current, { watching: [first] });
    expect(await on.page()).toMatch(/^trimtab_config_last_reload_successful 1$/m);
  });
});
