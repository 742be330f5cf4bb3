/**
 * The three situations that faults meet: stores on disk and the history in a real Prometheus that leads there, made by the real
 * cycle. In each, the next window that is read decides something, or would: so a fault that let a non-value through would show.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { silentLog } from "../../packages/engine/src/cycle/log.ts";
import { runCycle } from "../../packages/engine/src/cycle/run-cycle.ts";
import { servedOperation } from "../../packages/engine/src/cycle/served-operation.ts";
import { createSqlStore } from "../../packages/engine/src/stores/sql-store.ts";
import { openSqliteDatabase } from "../../packages/engine/src/stores/sqlite-dialect.ts";
import type { Decision, OperationPolicy } from "../../packages/learning/src/index.ts";
import { remoteWrite } from "../prometheus/remote-write.ts";
import { GRID, History, type Shares } from "./history.ts";

/** What is going on when the fault comes. */
export const SITUATIONS = ["learning", "guardrail", "promotion"] as const;
export type SituationName = (typeof SITUATIONS)[number];

/** Milliseconds between two cycles. */
export const INTERVAL = 2_000;
/** Windows of history beyond the snapshot: so long a fault and the recovery from it may last. */
const WINDOWS_AFTER = 120;
export const COMPONENT = "shop";
export const OPERATION = "checkout";

/** A point in the life of an operation. */
export interface Situation {
  readonly name: SituationName;
  /** The store before the cycle that decides. */
  readonly storePath: string;
  /** When that cycle is due, in milliseconds since 1970. */
  readonly dueAt: number;
  /** The component under which Prometheus holds the history; faulty twins of it have other names. */
  readonly written: string;
  /** What is served, and so what the service goes on doing. */
  readonly shares: Shares;
  readonly history: History;
}

/** The configuration of a controller on a stage. */
export function configurationText(place: { storePath: string; prometheusUrl: string; port?: number }): string {
  return `controller: { listen: "127.0.0.1:${place.port ?? 0}", interval: ${INTERVAL / 1000}s, store: { kind: sqlite, path: "${place.storePath}" } }
metrics: { source: prometheus, url: "${place.prometheusUrl}", scrapeInterval: ${GRID / 1000}s, timeout: 3s }
components:
  ${COMPONENT}:
    operations:
      ${OPERATION}:
        context: [genre]
        parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } }
        objective: { success: 0.9, latency: { weight: 0.1, good: 100ms, bad: 1s } }
        constraints: [success_rate >= 0.8]
        mode: auto
        holdout: 0.1
        strategy: { kind: hill-climbing }
`;
}

/** How many of 100 calls succeed, by the temperature: the slope is what each situation is about. */
const SUCCESSES: Readonly<Record<SituationName, (temperature: number) => number>> = {
  learning: () => 90,
  guardrail: (temperature) => (temperature === 0.7 ? 90 : 68),
  promotion: (temperature) => (temperature === 0.7 ? 86 : 95),
};

/** Decides the cycle that the fault comes before: the first one of which this is true. */
const DECIDES: Readonly<Record<SituationName, (decision: Decision, cycle: number) => boolean>> = {
  learning: (decision, cycle) => cycle >= 6 && decision.adaptations.length === 0,
  guardrail: (decision) =>
    decision.contexts.some(({ kind, reason }) => kind === "roll-back" || reason.code.startsWith("LIMIT_")),
  promotion: (decision) => decision.adaptations.some(({ status }) => status === "applied"),
};

/** Lives through a situation up to the cycle that decides it. */
export async function buildSituation(
  name: SituationName,
  { folder, prometheusUrl, startsAt }: { folder: string; prometheusUrl: string; startsAt: number },
): Promise<Situation> {
  const written = `${COMPONENT}-${name}`;
  const path = join(folder, `${name}-building.db`);
  const storePath = join(folder, `${name}.db`);
  const [policy] = parseConfig(
    configurationText({ storePath: path, prometheusUrl }),
    join(folder, "trimtab.yaml"),
    {},
  ).policies;
  if (policy === undefined) throw new Error("the configuration has no operation");
  const source = createPrometheusSource({ url: prometheusUrl, scrapeIntervalMilliseconds: GRID });
  const history = new History(startsAt, SUCCESSES[name]);
  history.go(15, sharesOf(policy, undefined));
  for (let cycle = 1; ; cycle++) {
    if (cycle > 60) throw new Error(`the situation ${name} did not come about`);
    if (cycle > 1) await copyFile(path, storePath);
    const store = createSqlStore(await openSqliteDatabase(path));
    const before = await store.loadServed(policy);
    const shares = sharesOf(policy, before?.decision);
    history.go(INTERVAL / GRID, shares);
    await remoteWrite(prometheusUrl, history.takeNew(written));
    const now = startsAt + (15 * GRID + cycle * INTERVAL) + INTERVAL / 4;
    const outcome = await runCycle(policy, {
      store,
      // The history is under another name, so that the situations do not mix.
      source: {
        latestWindowEnd: source.latestWindowEnd.bind(source),
        scrapeIntervalMilliseconds: source.scrapeIntervalMilliseconds.bind(source),
        readEvidence: (request) => source.readEvidence({ ...request, component: written }),
      },
      log: silentLog,
      intervalMilliseconds: INTERVAL,
      now,
    });
    await store.close();
    if (outcome.kind !== "recorded")
      throw new Error(`cycle ${cycle} of ${name} was ${outcome.kind}: ${outcome.reason}`);
    if (!DECIDES[name](outcome.decision, cycle)) continue;
    history.go((WINDOWS_AFTER * INTERVAL) / GRID, shares);
    await remoteWrite(prometheusUrl, history.takeNew(written));
    await source.close();
    return { name, storePath, dueAt: now, written, shares, history };
  }
}

/** The shares of the only context, by variant, with each variant's temperature. */
function sharesOf(policy: OperationPolicy, decision: Decision | undefined): Shares {
  const { allocations } = servedOperation(policy, decision, { mayExplore: true });
  const allocation = allocations.find(({ context }) => context["genre"] === "rock") ?? allocations[0];
  return (allocation?.variants ?? []).map(({ id, weight, parameters }) => ({
    variant: id,
    weight,
    temperature: Number(parameters["temperature"]),
  }));
}
