// Which part may import what: one rule for each line of the table in ARCHITECTURE.md. Run by `npm test`.
// The comment of a rule is what somebody reads who broke it.

const source = (/** @type {string[]} */ ...packages) => `^packages/(${packages.join("|")})/src/`;
const npm = (/** @type {string[]} */ ...packages) => `(^|/)node_modules/(${packages.join("|")})(/|$)`;

/** What the controller takes from outside. */
const controllerPackages = npm(
  "express",
  "@types/express",
  "compression",
  "undici",
  "@types/compression",
  "zod",
  "prom-client",
  "yaml",
  "@opentelemetry/[^/]+",
);

/** Tests, what supports them, and contract suites may use test tools; all other code keeps the arrows. */
const testing = "[.]test(-d)?[.]ts$|[.]test[.]support[.]ts$|[.]property[.]test[.]ts$|-contract[.]ts$";

/**
 * @param {object} rule
 * @param {string} rule.name
 * @param {string} rule.comment
 * @param {string} rule.from a regular expression
 * @param {string[]} [rule.except] files with a rule of their own
 * @param {string[]} rule.mayImport regular expressions
 * @param {boolean} [rule.node] may it import parts of Node?
 */
const only = ({ name, comment, from, except = [], mayImport, node = false }) => ({
  name,
  severity: "error",
  comment,
  from: { path: from, pathNot: [testing, ...except] },
  to: { pathNot: mayImport, ...(node ? { dependencyTypesNot: ["core"] } : {}) },
});

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    only({
      name: "conventions-imports-nothing",
      comment:
        "conventions holds names and shapes that every part shares, so it leans on no other part and no library.",
      from: source("conventions"),
      mayImport: [source("conventions")],
    }),
    only({
      name: "learning-is-pure",
      comment:
        "learning decides; it never reads or writes. Pass the value in, or do the reading in engine/src/cycle/run-cycle.ts.",
      from: source("learning"),
      mayImport: [source("learning", "conventions")],
    }),
    only({
      name: "simulator-uses-what-it-tests",
      comment: "simulator runs learning's decisions in an invented world; only its cli.ts and cli/ touch the machine.",
      from: source("simulator"),
      except: ["^packages/simulator/src/cli([.]ts$|/)"],
      mayImport: [source("simulator", "learning", "conventions")],
    }),
    only({
      name: "simulator-cli-adds-node",
      comment: "simulator's cli.ts and cli/ may use Node, and nothing else from outside.",
      from: "^packages/simulator/src/cli([.]ts$|/)",
      mayImport: [source("simulator", "learning", "conventions")],
      node: true,
    }),
    only({
      name: "instrumentation-stays-light",
      comment:
        "instrumentation runs inside other people's services: conventions, @opentelemetry/api and Node, nothing more. The SDK belongs to open-telemetry-sdk.ts and metrics-on-demand.ts, OpenFeature to openfeature/.",
      from: source("instrumentation"),
      except: [
        "^packages/instrumentation/src/(register-service[.]ts|open-telemetry-sdk[.]ts|metrics-on-demand[.]ts|register[.]c?ts|openfeature/)",
      ],
      mayImport: [source("instrumentation", "conventions"), npm("@opentelemetry/api")],
      node: true,
    }),
    only({
      name: "register-sets-up-the-sdk",
      comment:
        "open-telemetry-sdk.ts and metrics-on-demand.ts set up OpenTelemetry for a service that has none, and import nothing else for it.",
      from: "^packages/instrumentation/src/(register-service[.]ts|open-telemetry-sdk[.]ts|metrics-on-demand[.]ts|register[.]c?ts)$",
      mayImport: [source("instrumentation", "conventions"), npm("@opentelemetry/[^/]+")],
      node: true,
    }),
    only({
      name: "openfeature-is-optional",
      comment: "openfeature/ may import the OpenFeature SDK, an optional peer, and what instrumentation has anyway.",
      from: "^packages/instrumentation/src/openfeature/",
      mayImport: [source("instrumentation", "conventions"), npm("@opentelemetry/api", "@openfeature/[^/]+")],
      node: true,
    }),
    only({
      name: "engine-has-no-http",
      comment:
        "engine is ports, store and cycle: learning, conventions, kysely, pg and its socket, node:sqlite and its file, digests, and a thread to decide in. HTTP and configuration belong to controller, judgement to learning.",
      from: source("engine"),
      mayImport: [
        source("engine", "learning", "conventions"),
        npm("kysely", "pg"),
        "^(node:)?(sqlite|fs|path|zlib|crypto|worker_threads|net)$",
      ],
    }),
    only({
      name: "module-kit-builds-on-the-others",
      comment:
        "module-kit offers instrumentation and engine to people who build modules, with zod for their configuration. Writing files belongs to generate-module.ts, the simulator to testing/.",
      from: source("module-kit"),
      except: ["^packages/module-kit/src/(generate-module[.]ts$|testing/)"],
      mayImport: [source("module-kit", "instrumentation", "engine", "learning", "conventions"), npm("zod")],
    }),
    only({
      name: "generate-module-writes-files",
      comment: "generate-module.ts may use Node to write a new module, beside what module-kit imports anyway.",
      from: "^packages/module-kit/src/generate-module[.]ts$",
      mayImport: [source("module-kit", "instrumentation", "engine", "learning", "conventions"), npm("zod")],
      node: true,
    }),
    only({
      name: "module-tests-may-simulate",
      comment: "module-kit/src/testing may use the simulator, beside what module-kit imports anyway.",
      from: "^packages/module-kit/src/testing/",
      mayImport: [
        source("module-kit", "instrumentation", "engine", "learning", "conventions", "simulator"),
        npm("zod"),
      ],
    }),
    only({
      name: "controller-is-the-outside",
      comment:
        "controller is the engine as a service: engine, learning, conventions, express with compression, undici, zod, prom-client, yaml, OpenTelemetry and Node. The simulator and the module generator are for commands in cli/ only, preact is for console/browser/ only.",
      from: source("controller"),
      except: ["^packages/controller/src/(cli|console/browser)/"],
      mayImport: [source("controller", "engine", "learning", "conventions"), controllerPackages],
      node: true,
    }),
    {
      name: "console-runs-in-a-browser",
      severity: "error",
      comment:
        "controller/src/console/browser runs in a browser: its own files and preact. Of the rest of the controller it may know the types.",
      from: { path: "^packages/controller/src/console/browser/", pathNot: testing },
      to: {
        pathNot: ["^packages/controller/src/console/browser/", npm("preact")],
        dependencyTypesNot: ["type-only"],
      },
    },
    only({
      name: "commands-may-simulate-and-generate",
      comment:
        "A command in controller/src/cli may use the simulator and module-kit, beside what controller imports anyway.",
      from: "^packages/controller/src/cli/",
      mayImport: [
        source("controller", "engine", "learning", "conventions", "simulator", "module-kit"),
        controllerPackages,
      ],
      node: true,
    }),
    {
      name: "nothing-imports-controller",
      severity: "error",
      comment:
        "controller is a program, reached over HTTP or started as a process. What others need of it belongs to engine.",
      from: { path: "^(packages|examples)/", pathNot: "^packages/controller/" },
      to: { path: "^packages/controller/" },
    },
    {
      name: "no-cycle",
      severity: "error",
      comment: "Two files that import each other cannot be understood one at a time. Move what both need to a third.",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-import-of-a-test",
      severity: "error",
      comment: "A test is imported by nobody. What several tests share is a contract (*-contract.ts) or a named file.",
      from: {},
      to: { path: "[.]test(-d)?[.]ts$" },
    },
    {
      name: "every-import-resolves",
      severity: "error",
      comment: "This import leads nowhere. Is the package in package.json, and the path spelt with its .ts ending?",
      from: { path: "^(packages|examples)/[^/]+/src/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    exclude: { path: "^(packages|examples)/[^/]+/dist/" }, // ours only: a library may well live in its dist
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      conditionNames: ["source", "import", "node", "default", "types"],
      exportsFields: ["exports"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
