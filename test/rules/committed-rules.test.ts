/** The rule files in `deploy/` are what `trimtab rules` writes, and what Prometheus takes. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../../packages/controller/src/cli/run-cli.ts";
import { runPromtool } from "./promtool.ts";

const root = new URL("../../", import.meta.url).pathname;
const files = globSync(["deploy/prometheus/rules/*.rules.yml", "deploy/kubernetes/prometheus-rule.yaml"], {
  cwd: root,
}).sort();

describe("committed rules", () => {
  test("are there", () => {
    expect(files).toEqual([
      "deploy/kubernetes/prometheus-rule.yaml",
      "deploy/prometheus/rules/alerts.rules.yml",
      "deploy/prometheus/rules/objectives.rules.yml",
      "deploy/prometheus/rules/recordings.rules.yml",
    ]);
  });

  test.each(files)("%s is as its first line would write it now", async (file) => {
    const [first = ""] = readFileSync(join(root, file), "utf8").split("\n");
    expect(first).toMatch(/^# Written by: trimtab rules .*--out /);
    expect(first.split(" ").at(-1)).toBe(file);
    const args = first.replace("# Written by: trimtab ", "").split(" ");
    expect(await rules([...args, "--check"])).toEqual({ code: 0, said: "" });
  });

  test("a file that is old is told, with the command that writes it", async () => {
    const args = "rules --general --only alerts --out deploy/prometheus/rules/recordings.rules.yml";
    expect(await rules([...args.split(" "), "--check"])).toEqual({
      code: 3,
      said: "deploy/prometheus/rules/recordings.rules.yml is not as it would be written now. Write it: trimtab rules --general --only alerts --out deploy/prometheus/rules/recordings.rules.yml\n",
    });
  });

  test("a place that cannot be written is told, with what to do", async () => {
    const args = "rules --general --out package.json/trimtab.rules.yml";
    const { code, said } = await rules(args.split(" "));
    expect(said).toMatch(/^package.json\/trimtab.rules.yml cannot be written: .*\n--out names another file[.]\n$/);
    expect(code).toBe(1);
  });

  test("promtool finds no fault with them", async () => {
    const rules = files.filter((file) => file.startsWith("deploy/prometheus/")).map((file) => join(root, file));
    const { code, output } = await runPromtool(["check", "rules", "--lint-fatal", ...rules]);
    expect([code, output.match(/SUCCESS: \d+ rules found/g)?.length]).toEqual([0, rules.length]);
  });
});

test("promtool finds no fault with the objectives of several operations", async () => {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-objectives-"));
  try {
    const operations = ["checkout", "refund"].map(
      (name) => `${name}: { constraints: [success_rate >= 0.9, p95_latency <= 0.7s] }`,
    );
    writeFileSync(
      join(folder, "trimtab.yaml"),
      `metrics: { source: prometheus, url: "http://127.0.0.1:9090" }\ncomponents: { shop: { operations: { ${operations.join(", ")} } } }\n`,
    );
    const out = join(folder, "objectives.rules.yml");
    const written = await rules([
      "rules",
      "--config",
      join(folder, "trimtab.yaml"),
      "--only",
      "objectives",
      "--out",
      out,
    ]);
    expect(written).toEqual({ code: 0, said: `${out}: 6 rules.\n` });
    const { code, output } = await runPromtool(["check", "rules", "--lint-fatal", out]);
    expect(output).toContain("SUCCESS: 6 rules found");
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The command in this process: the paths of files begin at the repository's root, where tests run. */
async function rules(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  const say = (text: string): void => {
    said += `${text}\n`;
  };
  const terminal = { print: say, complain: say, environment: {}, paint: (_: string, text: string) => text };
  const code = await runCli(args, terminal);
  return { code, said };
}
