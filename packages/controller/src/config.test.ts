import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessToken } from "./config/access-tokens.ts";
import { ConfigError } from "./config/config-error.ts";
import { loadConfig, parseConfig } from "./config.ts";

const SMALLEST = `
metrics: { source: prometheus, url: http://127.0.0.1:9090/ }
components: { shop: { operations: { checkout: {} } } }
`;

function parse(text: string, environment: NodeJS.ProcessEnv = {}): ReturnType<typeof parseConfig> {
  return parseConfig(text, "/etc/trimtab/trimtab.yaml", environment);
}

function problems(text: string, environment: NodeJS.ProcessEnv = {}): string[] {
  try {
    parse(text, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw error;
  }
  return [];
}

describe("what the file leaves out", () => {
  test("has the defaults of the reference", () => {
    expect(parse(SMALLEST)).toEqual({
      file: "/etc/trimtab/trimtab.yaml",
      listen: { host: "127.0.0.1", port: 4600 },
      intervalMilliseconds: 30_000,
      learnAfterFeedback: 20,
      keepRecords: 10_000,
      mostStreams: 1000,
      outcomeLatenessMilliseconds: 3_600_000,
      reportedComponents: [],
      allowsRegistration: false,
      suggestions: DEFAULT_SUGGESTION_RULES,
      store: { kind: "sqlite", path: "/etc/trimtab/trimtab.db", keepDecisionsMilliseconds: 7 * 86_400_000 },
      alerts: [],
      webhooks: [],
      trends: { keepHoursMilliseconds: 90 * 86_400_000, keepDaysMilliseconds: 800 * 86_400_000, timeZone: "UTC" },
      tokens: [],
      rateLimits: { evaluate: 10_000, read: 200, write: 200 },
      metrics: {
        source: "prometheus",
        url: "http://127.0.0.1:9090",
        timeoutMilliseconds: 10_000,
        scrapeIntervalMilliseconds: undefined,
        headers: {},
        maximumInFlight: 4,
      },
      policies: [
        {
          component: "shop",
          operation: "checkout",
          context: [],
          parameters: {},
          objective: { success: { weight: 1 } },
          constraints: [],
          mode: "observe",
          confidence: 0.7,
          holdout: 0.05,
          strategy: { kind: "default", options: {} },
        },
      ],
    });
  });
});

describe("what it says", () => {
  test("comes as the learner wants it: weights that sum to 1, durations in seconds, limits by kind", () => {
    const { policies } = parse(`
metrics: { source: embedded, scrape: [http://127.0.0.1:9464/metrics] }
components:
  shop:
    operations:
      checkout:
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        objective: { quality: 3, success: { weight: 0.5 }, latency: { weight: 0.5, good: 200ms, bad: 5s } }
        constraints: [success_rate >= 0.9, success_rate >= 0.98 x baseline, p95_latency <= 2s, p95_latency<=1.2xbaseline]
        strategy: { kind: threshold-rule, parameter: level }
`);
    expect(policies[0]).toMatchObject({
      objective: {
        quality: { weight: 0.75 },
        success: { weight: 0.125 },
        latency: { weight: 0.125, goodSeconds: 0.2, badSeconds: 5 },
      },
      constraints: [
        { kind: "success-rate", minimum: 0.9 },
        { kind: "success-rate-ratio", minimumRatio: 0.98 },
        { kind: "p95-latency", maximumSeconds: 2 },
        { kind: "p95-latency-ratio", maximumRatio: 1.2 },
      ],
      strategy: { kind: "threshold-rule", options: { parameter: "level" } },
    });
  });

  test("is found sound piece by piece: a mistake in one place hides none in another", () => {
    const found = problems(`
controller: { listen: 0.0.0.0:1, intervall: 3s, tokens: [{ name: a, roles: [read] }] }
metrics: { source: embedded, scrape: [] }
components:
  shop:
    operations:
      checkout:
        context: [genre, genre]
        parameters: { level: { type: integer, base: 30, min: 1, max: 9 }, other: { type: int } }
        mode: atuo
        constraints: [success_rate >= 2, p95_latency <= 1.01 x baseline]
      browse: { strategy: nothing-like-it, parameters: { flag: { type: boolean, base: true } } }
`);
    expect(found).toHaveLength(10);
    expect(new Set(found.map((problem) => problem.split(":")[0]))).toEqual(
      new Set([
        "controller.intervall",
        "controller.tokens.0",
        "metrics.scrape",
        "components.shop.operations.checkout.context.1",
        "components.shop.operations.checkout.parameters.other.type",
        "components.shop.operations.checkout.parameters.level.base",
        "components.shop.operations.checkout.constraints.0",
        "components.shop.operations.checkout.constraints.1",
        "components.shop.operations.checkout.mode",
        "components.shop.operations.browse.strategy",
      ]),
    );
  });
});

describe("the environment", () => {
  test("overrules the file", () => {
    const config = parse(SMALLEST, {
      TRIMTAB_LISTEN: "127.0.0.1:4700",
      TRIMTAB_INTERVAL: "5s",
      TRIMTAB_STORE_PATH: "/var/lib/trimtab.db",
      TRIMTAB_METRICS_URL: "http://prometheus:9090",
      TRIMTAB_METRICS_TOKEN: "secret",
    });
    expect(config).toMatchObject({
      listen: { port: 4700 },
      intervalMilliseconds: 5_000,
      store: { path: "/var/lib/trimtab.db" },
      metrics: { url: "http://prometheus:9090", headers: { authorization: "Bearer secret" } },
    });
  });

  test("is named where it is what is wrong; an empty variable counts as unset", () => {
    expect(problems(SMALLEST, { TRIMTAB_INTERVAL: "5" })).toEqual([
      'TRIMTAB_INTERVAL: "5" has no unit; write "5s", "5m" or "5h"',
    ]);
    expect(problems(SMALLEST, { TRIMTAB_INTERVAL: "", TRIMTAB_OPERATE_TOKEN: "" })).toEqual([]);
  });

  test("adds tokens, and with one other machines may be let in", () => {
    const listen = { TRIMTAB_LISTEN: "0.0.0.0:4600" };
    expect(problems(SMALLEST, listen)).toHaveLength(1);
    const { tokens } = parse(SMALLEST, { ...listen, TRIMTAB_READ_TOKEN: "r", TRIMTAB_OPERATE_TOKEN: "o" });
    expect(tokens).toEqual([
      accessToken({ name: "TRIMTAB_READ_TOKEN", roles: ["read"], token: "r" }),
      accessToken({ name: "TRIMTAB_OPERATE_TOKEN", roles: ["operate"], token: "o" }),
    ]);
    expect(JSON.stringify(tokens)).not.toMatch(/"[ro]"/); // the texts are forgotten
  });
});

describe("secrets in files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "trimtab-config-"));
    writeFileSync(join(folder, "token"), "  from-a-file\n");
    writeFileSync(join(folder, "empty"), "\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("are read from beside the configuration, without the line break", () => {
    const file = join(folder, "trimtab.yaml");
    writeFileSync(file, SMALLEST.replace("9090/ }", "9090, tokenFile: token }"));
    expect(loadConfig(file, {}).metrics).toMatchObject({ headers: { authorization: "Bearer from-a-file" } });
    writeFileSync(file, SMALLEST.replace("9090/ }", "9090, tokenFile: empty }"));
    expect(() => loadConfig(file, {})).toThrow("metrics.tokenFile  empty is empty");
  });

  test("a folder is no file", () => {
    expect(() => loadConfig(folder, {})).toThrow("is a folder");
  });
});

test.each([
  ["__proto__: 1", /__proto__ is no legal name/],
  ["a: &x [*x]", /^a: is unknown/m],
  ["a: *nothing", /Unresolved alias/],
  ["a: !danger 1", /is not YAML: Unresolved tag: !danger/],
  ["\u0000", /must hold the sections/],
  ["a: {", /is not YAML/],
])("%j is refused and no more", (text, message) => {
  expect(problems(text).join("\n")).toMatch(message);
});
