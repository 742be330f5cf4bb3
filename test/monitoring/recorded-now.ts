/**
 * What the recording rules make of the series that are there, once and at once: Prometheus itself would take a minute to the first
 * evaluation.
 */
import { readFileSync } from "node:fs";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { minuteGroups, ratioGroups } from "../../packages/controller/src/rules/recordings.ts";
import { isAlert } from "../../packages/controller/src/rules/rule.ts";
import { objectiveGroups } from "../../packages/controller/src/rules/rule-sets.ts";
import { remoteWrite } from "../prometheus/remote-write.ts";
import { queryNow } from "./prometheus-api.ts";

/**
 * Evaluates each rule in its order, and writes what it gives under its name.
 *
 * @param configuration Path of the `trimtab.yaml` whose objectives count.
 */
export async function recordNow(url: string, configuration: string): Promise<void> {
  const { policies } = parseConfig(readFileSync(configuration, "utf8"), configuration, {});
  const groups = [...minuteGroups(), ...objectiveGroups(policies).groups, ...ratioGroups()];
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    if (isAlert(rule)) continue;
    const recorded = (await queryNow(url, rule.expr)).map(({ metric, value }) => ({
      labels: { ...metric, ...rule.labels, __name__: rule.record },
      samples: [{ time: value[0] * 1000, value: Number(value[1]) }],
    }));
    await remoteWrite(
      url,
      recorded.filter(({ samples }) => samples.every((sample) => Number.isFinite(sample.value))),
    );
  }
}
