/** Three controllers on one real PostgreSQL, each behind a proxy that can be cut, and what is asked of them and found out about them. */
import { writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../packages/engine/src/stores/postgres-server.test.support.ts";
import { startTestPrometheus, type TestPrometheus } from "../prometheus/test-prometheus.ts";
import { freePort, type RunningProcess, startNode, temporaryFolder, until } from "./processes.ts";

/** How long a lease is valid; the shortest that leaves two terms enough room on a busy machine. */
export const LEASE_MILLISECONDS = 4_000;

/** Who leads, as the database has it. */
interface Leader {
  readonly holder: string;
  readonly term: number;
}

/** One of the controllers. */
export interface ReplicaProcess {
  readonly name: string;
  readonly url: string;
  /** Names it in the lease; it changes with each start. */
  holder(): Promise<string>;
  /** Stands still until `resume`, as a virtual machine does that is moved. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** Starts it again where it does not run. */
  restart(): void;
  /** Cuts every connection to the database, and lets none through until `mend`. */
  cut(): void;
  mend(): void;
  /** Does it answer? */
  isLive(): Promise<boolean>;
  /** Could it lead: does it run, and reach the database? */
  isWell(): boolean;
  /** May it be expected to answer? */
  isAwake(): boolean;
  /** The last that it said. */
  said(): string;
  /** What it said, if it ended without being killed; it must not, whatever happens. */
  fall(): string | undefined;
}

/** The group. */
export interface ReplicaGroup {
  readonly replicas: readonly ReplicaProcess[];
  /** Asks the database itself, past the proxies. */
  query<Row>(statement: string): Promise<readonly Row[]>;
  leader(): Promise<Leader | undefined>;
  /** Undoes every fault, and waits until all answer, one leads, and nothing waits. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three controllers and waits until one of them leads. */
export async function startReplicaGroup(): Promise<ReplicaGroup> {
  const postgres = await startPostgres();
  const prometheus = await startTestPrometheus();
  const storeUrl = await postgres.emptyDatabase();
  const folder = temporaryFolder();
  const replicas: ReplicaProcess[] = [];
  for (const name of ["a", "b", "c"]) replicas.push(await startReplica(name, { folder, storeUrl, prometheus }));
  const answers = (replica: ReplicaProcess) => until(`replica ${replica.name}`, () => replica.isLive());
  await Promise.all(replicas.map(answers));
  const client = new pg.Client({ connectionString: storeUrl });
  await client.connect();
  const query = async <Row>(statement: string): Promise<readonly Row[]> =>
    (await client.query(statement)).rows as Row[];
  const leader = async (): Promise<Leader | undefined> => {
    const [row] = await query<Leader & { isOver: boolean }>(`
      select holder, cast(term as int) as term, expires_at <= extract(epoch from clock_timestamp()) * 1000 as "isOver"
      from leases where name = 'controller'`);
    return row === undefined || row.isOver ? undefined : { holder: row.holder, term: row.term };
  };
  const waitingActs = async (): Promise<number> => {
    const [row] = await query<{ waiting: number }>(
      "select cast(count(*) as int) as waiting from acts left join act_outcomes on act_id = id where act_id is null",
    );
    return row?.waiting ?? 0;
  };
  const group: ReplicaGroup = {
    replicas,
    query,
    leader,
    async heal() {
      for (const replica of replicas) {
        replica.resume();
        replica.mend();
        replica.restart();
      }
      await Promise.all(replicas.map(answers));
      await until("one leader that is known to all, and nothing that waits", async () => {
        const now = await leader();
        const healths = await Promise.all(replicas.map(({ url }) => health(url)));
        const isKnown = healths.every(({ replica, store }) => replica.leader === now?.holder && store.reachable);
        const leads = healths.filter(({ replica }) => replica.role === "leader").length;
        return isKnown && leads === 1 && (await waitingActs()) === 0;
      });
    },
    async stop() {
      await client.end();
      await Promise.all(replicas.map((replica) => replica.kill()));
      await prometheus.stop();
      await postgres.stop();
    },
  };
  await group.heal();
  return group;
}

interface Health {
  readonly replica: { readonly name: string; readonly role: "leader" | "follower"; readonly leader?: string };
  readonly store: { readonly reachable: boolean };
}

async function health(url: string): Promise<Health> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
  return ((await response.json()) as { details: Health }).details;
}

async function startReplica(
  name: string,
  { folder, storeUrl, prometheus }: { folder: string; storeUrl: string; prometheus: Pick<TestPrometheus, "url"> },
): Promise<ReplicaProcess> {
  const target = new URL(storeUrl);
  const proxy = await startProxy(Number(target.port));
  const ownUrl = new URL(storeUrl);
  ownUrl.port = String(proxy.port);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, `${name}.yaml`);
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: postgres, url: "${ownUrl.href}", lease: ${LEASE_MILLISECONDS}ms } }
metrics: { source: prometheus, url: "${prometheus.url}", scrapeInterval: 1s }
components:
  shop:
    operations:
      checkout: { context: [genre], parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }, mode: auto }
      search: { parameters: { depth: { type: integer, base: 5, min: 1, max: 9 } }, mode: suggest }
`,
  );
  const serve = (): RunningProcess =>
    startNode(`replica ${name}`, ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
  let running = serve();
  let isPaused = false;
  let isKilled = false;
  return {
    name,
    url,
    holder: async () => (await health(url)).replica.name,
    pause() {
      running.child.kill("SIGSTOP");
      isPaused = true;
    },
    resume() {
      if (isPaused) running.child.kill("SIGCONT");
      isPaused = false;
    },
    async kill() {
      isPaused = false; // SIGKILL ends a paused process too
      isKilled = true;
      if (running.isRunning()) await running.end("SIGKILL");
    },
    restart() {
      if (running.isRunning()) return;
      running = serve();
      isKilled = false;
    },
    cut: () => proxy.cut(),
    mend: () => proxy.mend(),
    isLive: async () => (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) })).ok,
    isWell: () => running.isRunning() && !isPaused && proxy.isOpen(),
    isAwake: () => running.isRunning() && !isPaused,
    said: () => `--- ${name}\n${running.output().slice(-3_000)}`,
    fall: () => (running.isRunning() || isKilled ? undefined : `${name}: ${running.output().slice(-4_000)}`),
  };
}

interface Proxy {
  readonly port: number;
  cut(): void;
  mend(): void;
  isOpen(): boolean;
}

/** A way to the database that can be cut. It stays while the test's process lives. */
async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server: Server = createServer((socket) => {
    const other = connect(target, "127.0.0.1");
    for (const [one, another] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.once("close", () => {
        sockets.delete(one);
        another.destroy();
      });
      one.pipe(another);
    }
    if (!isOpen) socket.destroy();
  });
  server.unref().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return {
    port: address.port,
    cut() {
      isOpen = false;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isOpen = true;
    },
    isOpen: () => isOpen,
  };
}
