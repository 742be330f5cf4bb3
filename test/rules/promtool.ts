/** Runs promtool: the real checks and unit tests of rules. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Rule, type RuleGroup } from "../../packages/controller/src/rules/rule.ts";
import { ruleFileText } from "../../packages/controller/src/rules/rule-file.ts";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";

/** What an expression must give at a time. */
export interface ExpectedResult {
  readonly expr: string;
  /** Since the beginning, as Prometheus writes durations. */
  readonly at: string;
  /** Labels as in PromQL, to values; empty where there must be no result. */
  readonly results: Readonly<Record<string, number>>;
}

/** One test: what was scraped or recorded, and what comes of it. */
export interface PromtoolTest {
  readonly name: string;
  /** Time between samples; default 1m. */
  readonly interval?: string;
  /** Series as in PromQL, to values in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly ExpectedResult[];
}

/** What promtool said. */
export interface PromtoolResult {
  readonly code: number;
  readonly output: string;
}

/** Where the rules stand that a test speaks of, and what must come of them. */
interface PromtoolFile {
  readonly ruleFiles: readonly string[];
  /** Time between evaluations, as Prometheus writes durations. */
  readonly evaluation: string;
  readonly tests: readonly PromtoolTest[];
}

/** The file as promtool reads it. JSON is YAML too. */
function promtoolDocument({ ruleFiles, evaluation, tests }: PromtoolFile): object {
  return {
    rule_files: ruleFiles,
    evaluation_interval: evaluation,
    tests: tests.map(({ name, interval = "1m", series, expected }) => ({
      name,
      interval,
      input_series: Object.entries(series).map(([of, values]) => ({ series: of, values })),
      promql_expr_test: expected.map(({ expr, at, results }) => ({
        expr,
        eval_time: at,
        exp_samples: Object.entries(results).map(([labels, value]) => ({ labels, value })),
      })),
    })),
  };
}

/** A folder for the files of a run. */
function withRuleFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-rules-"));
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/**
 * `promtool test rules` on groups of rules, all tests in one run.
 *
 * @returns What promtool found wrong, by the name of the test; nothing where a test passed.
 */
export function testRules(
  groups: readonly RuleGroup[],
  tests: readonly PromtoolTest[],
  evaluation = "1m",
): Promise<Readonly<Record<string, string>>> {
  return withRuleFolder(async (folder) => {
    writeRules(join(folder, "rules.yml"), groups);
    const files = tests.map((one, index) => {
      const file = join(folder, `test-${index}.json`);
      writeFileSync(file, JSON.stringify(promtoolDocument({ ruleFiles: ["rules.yml"], evaluation, tests: [one] })));
      return file;
    });
    const { code, output } = await runPromtool(["test", "rules", ...files]);
    const parts = output.split(/^Unit Testing: {2}/m).slice(1);
    const failures = parts.flatMap((part, index) => {
      const [, ...said] = part.trim().split("\n");
      return said.join("\n").trim() === "SUCCESS" ? [] : [[tests[index]?.name ?? "", said.join("\n").trim()]];
    });
    if (parts.length !== tests.length || (code === 0) !== (failures.length === 0))
      throw new Error(`promtool ended with ${code}: ${output}`);
    return Object.fromEntries(failures);
  });
}

/** Writes a file that Prometheus reads. */
function writeRules(file: string, groups: readonly RuleGroup[]): void {
  writeFileSync(file, ruleFileText(groups, { format: "prometheus", comment: [], runbooks: "docs/runbooks" }));
}

/** `promtool check rules` on expressions: what is wrong with them, empty where nothing is. */
export function checkExpressions(expressions: readonly string[]): Promise<string> {
  return withRuleFolder(async (folder) => {
    const file = join(folder, "expressions.yml");
    writeRules(file, [groupOf(expressions.map((expr, index) => ({ record: `expression_${index}`, expr })))]);
    const { code, output } = await runPromtool(["check", "rules", file]);
    return code === 0 ? "" : output;
  });
}

/** @returns The places of the rules that Prometheus refuses to load. */
export function refusedRules(rules: readonly Rule[]): Promise<readonly number[]> {
  return withRuleFolder(async (folder) => {
    const file = join(folder, "rules.yml");
    writeRules(file, [groupOf(rules)]);
    const { code, output } = await runPromtool(["check", "rules", "--lint=none", file]);
    const places = [...output.matchAll(/rule (\d+), "/g)].map(([, place]) => Number(place) - 1);
    if ((code === 0) !== (places.length === 0)) throw new Error(`promtool ended with ${code}: ${output}`);
    return [...new Set(places)];
  });
}

/**
 * Tests whose failures are told by expression, not by test: for many rules in one run.
 *
 * @returns What failed, and what could not be evaluated, each with the names in it.
 */
export function testRulesTogether(
  groups: readonly RuleGroup[],
  tests: readonly PromtoolTest[],
  evaluation: string,
): Promise<{ readonly failing: readonly string[]; readonly erring: readonly string[] }> {
  return withRuleFolder(async (folder) => {
    writeRules(join(folder, "rules.yml"), groups);
    const file = join(folder, "test.json");
    writeFileSync(file, JSON.stringify(promtoolDocument({ ruleFiles: ["rules.yml"], evaluation, tests })));
    const { output } = await runPromtool(["test", "rules", file]);
    return { failing: output.match(/^.*expr: ".*$/gm) ?? [], erring: output.match(/^.*rule: .*err: .*$/gm) ?? [] };
  });
}

/** A group of these rules. */
export function groupOf(rules: readonly Rule[]): RuleGroup {
  return { name: "tested", interval: "1m", rules };
}

/** Runs promtool to its end. */
export async function runPromtool(args: readonly string[]): Promise<PromtoolResult> {
  const { promtool } = await findOrFetchPrometheus();
  return withRuleFolder(async (folder) => {
    const said = join(folder, "said");
    const file = openSync(said, "w"); // both streams in one, in their order
    try {
      const child = spawn(promtool, [...args], { stdio: ["ignore", file, file] });
      const [code] = (await once(child, "close")) as [number | null];
      return { code: code ?? -1, output: readFileSync(said, "utf8") };
    } finally {
      closeSync(file);
    }
  });
}
