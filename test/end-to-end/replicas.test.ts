/**
 * Three controllers on one PostgreSQL under random schedules of faults, while people act and feedback arrives. What must hold is read
 * from the database and asked of the replicas afterwards.
 *
 * `node scripts/dev.mjs replicas 200` runs as many schedules as it is told.
 */
import { randomFromSeed } from "@trimtab/learning";
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from "vitest";
import { cleanUp, until } from "./processes.ts";
import { LEASE_MILLISECONDS, type ReplicaGroup, type ReplicaProcess, startReplicaGroup } from "./replica-group.ts";

const SCHEDULES = Number(process.env["TRIMTAB_REPLICA_SCHEDULES"] ?? 10);
const FIRST_SEED = Number(process.env["TRIMTAB_REPLICA_FIRST_SEED"] ?? 1);

/** Faults of one schedule. */
const FAULTS = 3;

let group: ReplicaGroup;
beforeAll(async () => {
  group = await startReplicaGroup();
}, 120_000);
afterAll(async () => {
  await group.stop();
  await cleanUp();
});

/** What was answered with success, and so must not be lost. */
const acknowledged = { acts: new Set<string>(), feedback: new Set<string>() };

test.each(Array.from({ length: SCHEDULES }, (_, index) => FIRST_SEED + index))(
  "schedule %d: nothing is lost or doubled, no former leader writes, another leads within two lease terms",
  async (seed) => {
    const random = randomFromSeed(`schedule ${seed}`);
    const work = startWork(seed);
    /** How long it took until another led, in milliseconds. */
    const takeOvers: number[] = [];
    const told: string[] = [];
    const fallen = (): string[] => group.replicas.flatMap((replica) => replica.fall() ?? []);
    onTestFinished(() => work.stop());
    onTestFailed(() => console.log(`${told.join(", ")}\n${group.replicas.map((each) => each.said()).join("\n")}`));
    for (let fault = 0; fault < FAULTS; fault++) {
      // one at least must be left that can lead
      if (group.replicas.filter((replica) => replica.isWell()).length < 2) await group.heal();
      const leader = await until("a leader", () => group.leader());
      const isAtLeader = random.uniform() < 0.6;
      const names = await holders();
      const candidates = group.replicas.filter(
        (replica) => replica.isAwake() && (names.get(replica.name) === leader.holder) === isAtLeader,
      );
      const victim = candidates[random.integer(Math.max(1, candidates.length))];
      if (victim === undefined) continue;
      const kind = (["pause", "kill", "cut"] as const)[random.integer(3)] ?? "kill";
      told.push(`${kind} ${isAtLeader ? "leader" : "follower"} ${victim.name}`);
      const startedAt = performance.now();
      if (kind === "pause") victim.pause();
      else if (kind === "kill") await victim.kill();
      else victim.cut();
      if (isAtLeader) {
        await until("another leader", async () => {
          const now = await group.leader();
          return now !== undefined && now.term > leader.term;
        });
        takeOvers.push(performance.now() - startedAt);
      }
      // a former leader is back while the new one has just begun; a follower may stay away for the next fault
      if (isAtLeader || random.uniform() < 0.5) {
        victim.resume();
        victim.mend();
        victim.restart();
        await until(`replica ${victim.name}`, () => victim.isLive());
      }
    }
    await work.stop();
    expect(fallen()).toEqual([]);
    await group.heal();
    const longest = Math.round(Math.max(0, ...takeOvers));
    console.log(`schedule ${seed}: ${told.join(", ")}; ${work.summary()}; longest take-over ${longest} ms`);

    expect(work.failedReads).toEqual([]);
    expect(Math.min(acknowledged.acts.size, acknowledged.feedback.size)).toBeGreaterThan(0);
    await expectGaplessTerms();
    await expectActsDecidedOnce();
    await expectFeedbackKept();
    await expectSameBytes();
    // On a machine that is busy with other things everything is late by as much as an answer from memory is.
    expect(longest).toBeLessThan(2 * LEASE_MILLISECONDS + work.slowestReadMilliseconds());
  },
  300_000,
);

async function holders(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const replica of group.replicas)
    if (replica.isAwake()) found.set(replica.name, await replica.holder().catch(() => "unknown"));
  return found;
}

/** Each cycle follows the one before, and once a term has begun no earlier one writes. */
async function expectGaplessTerms(): Promise<void> {
  const rows = await group.query<{ component: string; operation: string; cycle: number; term: number }>(`
    select component, operation, cast(cycle as int) as cycle, cast(term as int) as term
    from cycles order by component, operation, cycle`);
  expect(rows.length).toBeGreaterThan(0);
  const wrong = rows.filter((row, index) => {
    const before = rows[index - 1];
    if (before?.component !== row.component || before.operation !== row.operation) return row.cycle !== 1;
    return row.cycle !== before.cycle + 1 || row.term < before.term;
  });
  expect(wrong).toEqual([]);
  expect(rows.filter(({ term }) => term < 1)).toEqual([]);
}

async function expectFeedbackKept(): Promise<void> {
  const rows = await group.query<{ id: string }>("select id from feedback");
  const ids = new Set(rows.map(({ id }) => id));
  expect([...acknowledged.feedback].filter((id) => !ids.has(id))).toEqual([]);
}

/** Each act that was acknowledged is there once, with one outcome in a cycle that is there. */
async function expectActsDecidedOnce(): Promise<void> {
  const rows = await group.query<{ why: string; outcomes: number }>(`
    select cast(act as json) ->> 'why' as why, cast((
      select count(*) from act_outcomes join cycles using (component, operation, cycle) where act_id = acts.id) as int) as outcomes
    from acts`);
  const outcomes = new Map<string, number[]>();
  for (const row of rows) outcomes.set(row.why, [...(outcomes.get(row.why) ?? []), row.outcomes]);
  expect([...acknowledged.acts].filter((why) => JSON.stringify(outcomes.get(why)) !== "[1]")).toEqual([]);
  expect(rows.filter((row) => row.outcomes !== 1)).toEqual([]);
}

/** Every replica serves the same document under the same tag. */
async function expectSameBytes(): Promise<void> {
  await until("the same bytes everywhere", async () => {
    const answers = await Promise.all(
      group.replicas.map(async ({ url }) => {
        const response = await fetch(`${url}/v1/allocations?component=shop`);
        return `${response.headers.get("etag")} ${await response.text()}`;
      }),
    );
    return new Set(answers).size === 1;
  });
}

/** People and services that go on whatever happens: each waits for its answer, then does the next. */
function startWork(seed: number): {
  readonly failedReads: readonly string[];
  slowestReadMilliseconds(): number;
  stop(): Promise<void>;
  summary(): string;
} {
  const random = randomFromSeed(`work ${seed}`); // of its own: how often it is asked depends on how fast the answers come
  const below = (count: number): number => random.integer(Math.max(1, count));
  let isStopped = false;
  let count = 0;
  let slowestRead = 0;
  const failedReads: string[] = [];
  const counts = { acts: 0, feedback: 0, reads: 0 };
  const awake = (): ReplicaProcess | undefined => {
    const all = group.replicas.filter((replica) => replica.isAwake());
    return all[below(all.length)];
  };
  const post = (replica: ReplicaProcess, method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${replica.url}${path}`, {
      method,
      signal: AbortSignal.timeout(8_000),
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  const act = async (replica: ReplicaProcess): Promise<void> => {
    const why = `${seed}-${count++}`;
    const values = { level: 1 + below(9) };
    const genre = ["rock", "jazz"][below(2)];
    const answer = await [
      () => post(replica, "PUT", `/v1/overrides/shop/checkout?ctx.genre=${genre}`, { values, why }),
      () => post(replica, "DELETE", `/v1/overrides/shop/checkout?ctx.genre=${genre}&why=${why}`),
      () => post(replica, "POST", "/v1/operations/shop/search/freeze", { why }),
      () => post(replica, "POST", "/v1/operations/shop/search/unfreeze", { why }),
    ][below(4)]?.();
    if (answer === undefined) return;
    await answer.arrayBuffer();
    if (![200, 202, 409].includes(answer.status)) return; // 503: nobody was told that it is kept
    acknowledged.acts.add(why);
    counts.acts += 1;
  };
  const feedback = async (replica: ReplicaProcess): Promise<void> => {
    const id = `rating-${seed}-${count++}`;
    const of = { component: "shop", operation: "checkout", context: { genre: "rock" }, variant: "base-aaaaaaaaaa" };
    const answer = await post(replica, "POST", "/v1/feedback", { id, type: "user_rating", ...of, rating: 3 });
    await answer.arrayBuffer();
    if (answer.status !== 200) return;
    acknowledged.feedback.add(id);
    counts.feedback += 1;
  };
  const read = async (replica: ReplicaProcess): Promise<void> => {
    const startedAt = performance.now();
    const answer = await post(replica, "GET", "/v1/allocations?component=shop");
    await answer.arrayBuffer();
    slowestRead = Math.max(slowestRead, performance.now() - startedAt);
    if (answer.status !== 200) failedReads.push(`${replica.name} answered ${answer.status}`);
    counts.reads += 1;
  };
  const goOn = async (what: (replica: ReplicaProcess) => Promise<void>): Promise<void> => {
    while (!isStopped) {
      const replica = awake();
      // whoever asks a process that is killed, paused or starting has no answer, and asks another one next time
      if (replica !== undefined) await what(replica).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const going = [act, feedback, read].map(goOn);
  return {
    failedReads,
    slowestReadMilliseconds: () => slowestRead,
    async stop() {
      isStopped = true;
      await Promise.all(going);
    },
    summary: () => `${counts.acts} acts, ${counts.feedback} ratings, ${counts.reads} reads`,
  };
}
