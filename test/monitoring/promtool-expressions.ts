/** What the oldest Prometheus that we support says of expressions: promtool reads them as the rules of one file. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";

/** @returns The places of those that it refuses, in ascending order. */
export async function refusedExpressions(expressions: readonly string[]): Promise<number[]> {
  const { promtool } = await findOrFetchPrometheus();
  const folder = mkdtempSync(join(tmpdir(), "trimtab-expressions-"));
  const file = join(folder, "expressions.json");
  const rules = expressions.map((expr, index) => ({ record: `expression_${index}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: "expressions", rules }] }));
  try {
    const said = await new Promise<string>((resolve, reject) => {
      execFile(promtool, ["check", "rules", "--lint=none", file], (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") reject(error);
        else resolve(`${stdout}${stderr}`);
      });
    });
    const refused = [...said.matchAll(/rule \d+, "expression_(\d+)"/g)].map(([, index]) => Number(index));
    if (refused.length === 0 && !said.includes(`SUCCESS: ${expressions.length} rules found`))
      throw new Error(`promtool neither accepts the expressions nor says which it refuses: ${said}`);
    return [...new Set(refused)].sort((a, b) => a - b);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
