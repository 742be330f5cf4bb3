/** The rule files in `deploy/` are what `trimtab rules` writes, and what Prometheus takes. */
import { globSync, readFileSync } from "node:fs";
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
    expect(await check(args)).toEqual({ code: 0, said: "" });
  });

  test("a file that is old is told, with the command that writes it", async () => {
    const args = "rules --general --only alerts --out deploy/prometheus/rules/recordings.rules.yml";
    expect(await check(args.split(" "))).toEqual({
      code: 3,
      said: "deploy/prometheus/rules/recordings.rules.yml is not as it would be written now. Write it: trimtab rules --general --only alerts --out deploy/prometheus/rules/recordings.rules.yml\n",
    });
  });

  test("promtool finds no fault with them", async () => {
    const rules = files.filter((file) => file.startsWith("deploy/prometheus/")).map((file) => join(root, file));
    const { code, output } = await runPromtool(["check", "rules", "--lint-fatal", ...rules]);
    expect([code, output.match(/SUCCESS: \d+ rules found/g)?.length]).toEqual([0, rules.length]);
  });
});

/** The command in this process: the paths of files begin at the repository's root, where tests run. */
async function check(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  const say = (text: string): void => {
    said += `${text}\n`;
  };
  const terminal = { print: say, complain: say, environment: {}, paint: (_: string, text: string) => text };
  return { code: await runCli([...args, "--check"], terminal), said };
}
