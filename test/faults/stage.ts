/** A real controller in this process whose time a test moves: its own schedule runs its passes, and nobody asks for one. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Allocation } from "@trimtab/conventions";
import { vi } from "vitest";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { type RunningController, startController } from "../../packages/controller/src/main.ts";
import { silentLog } from "../../packages/engine/src/cycle/log.ts";
import type { FaultProxy } from "./fault-proxy.ts";
import { COMPONENT, configurationText, INTERVAL, OPERATION, type Situation } from "./situations.ts";

/** Before they are replaced: what is waited for here is real input and output. */
const later = globalThis.setTimeout;
const PATIENCE_MILLISECONDS = 30_000;

/** What a controller tells about an operation, by all three ways. */
export interface Told {
  /** What is served: shares and values, without names that change with each document. */
  readonly served: readonly Pick<Allocation, "context" | "variants">[];
  readonly adaptations: readonly any[];
  /** The last decision. */
  readonly decision: any;
  readonly health: any;
  readonly metrics: string;
}

/** A controller that came up in a situation, before the cycle that decides. */
export class Stage {
  readonly controller: RunningController;
  readonly storePath: string;

  private constructor(controller: RunningController, storePath: string) {
    this.controller = controller;
    this.storePath = storePath;
  }

  static async open(situation: Situation, proxy: FaultProxy, folder: string, name: string): Promise<Stage> {
    const storePath = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.db`);
    await copyFile(situation.storePath, storePath);
    vi.useFakeTimers({
      now: situation.dueAt - INTERVAL / 2,
      toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    });
    proxy.written = situation.written;
    const text = configurationText({ storePath, prometheusUrl: proxy.url });
    const controller = await startController(parseConfig(text, join(folder, "trimtab.yaml"), {}), { log: silentLog });
    return new Stage(controller, storePath);
  }

  async close(): Promise<void> {
    vi.useRealTimers();
    await this.controller.stop();
  }

  /** Time goes on to the pass that is due next, and no further. */
  async nextPass(): Promise<void> {
    const { details } = await this.json("/readyz");
    await this.cycle(Date.parse(details.operations[0].nextCycleAt) - Date.now());
  }

  /** Time goes on by so many milliseconds, in which one pass is due, and it is waited for. */
  async cycle(milliseconds: number = INTERVAL): Promise<void> {
    const before = await this.passes();
    await vi.advanceTimersByTimeAsync(milliseconds);
    const giveUpAt = performance.now() + PATIENCE_MILLISECONDS;
    while ((await this.passes()) === before) {
      if (performance.now() > giveUpAt) throw new Error("no pass came");
      await new Promise((resolve) => later(resolve, 10));
    }
  }

  /** Passes that have ended, however they ended. */
  async passes(): Promise<number> {
    const page = await (await fetch(`${this.controller.url}/metrics`)).text();
    return Number(/^trimtab_cycle_duration_seconds_count\{.*\} (\d+)/m.exec(page)?.[1] ?? 0);
  }

  async json(path: string, init?: RequestInit): Promise<any> {
    return (await fetch(`${this.controller.url}${path}`, init)).json();
  }

  async told(): Promise<Told> {
    const place = `component=${COMPONENT}&operation=${OPERATION}`;
    const document = await this.json(`/v1/allocations?component=${COMPONENT}`);
    const { adaptations } = await this.json(`/v1/adaptations?${place}&limit=100`);
    const { decisions } = await this.json(`/v1/decisions?${place}&limit=1`);
    return {
      served: document.operations[OPERATION].allocations.map(({ context, variants }: any) => ({ context, variants })),
      adaptations,
      decision: decisions?.[0],
      health: await this.json("/readyz"),
      metrics: await (await fetch(`${this.controller.url}/metrics`)).text(),
    };
  }
}

/** A counter or gauge of the controller's page; 0 where it is not there. */
export function metric(page: string, name: string, labels: Readonly<Record<string, string>>): number {
  for (const line of page.split("\n")) {
    if (!line.startsWith(`${name}{`)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      return Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return 0;
}
