/**
 * An alert goes all the way: a rule of ours in a real Prometheus, a real Alertmanager with the configuration of `deploy/`, a real
 * controller, which freezes the operation; and the end of the alert lifts the freeze.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorsRatioSeries, recordedSeries } from "@trimtab/conventions";
import { afterEach, expect, test } from "vitest";
import { burnRateAlerts } from "../../packages/controller/src/rules/burn-rate-alerts.ts";
import { ruleFileText } from "../../packages/controller/src/rules/rule-file.ts";
import { findOrFetchAlertmanager, startAlertmanagerServer } from "../../scripts/alertmanager.mjs";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";
import { remoteWrite } from "../prometheus/remote-write.ts";
import { cleanUp, freePort, getJson, root, startNode, temporaryFolder, until } from "./processes.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await cleanUp();
});

const OPERATION = { component: "shop", operation: "checkout" };
const TOKEN = "operate-it";

/** What the recording rules would have made, as of now. */
async function write(url: string, values: Readonly<Record<string, number>>): Promise<void> {
  await remoteWrite(
    url,
    Object.entries(values).map(([name, value]) => ({
      labels: { __name__: name, ...OPERATION },
      samples: [{ time: Date.now(), value }],
    })),
  );
}

test("a budget that burns freezes the operation, and lets it go on when it is over", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const controllerUrl = `http://127.0.0.1:${port}`;
  const rules = join(folder, "rules.yml");
  const groups = [{ name: "burn-rates", interval: "1s", rules: burnRateAlerts() }];
  writeFileSync(rules, ruleFileText(groups, { format: "prometheus", comment: [], runbooks: "docs/runbooks" }));

  const configured = readFileSync(join(root, "deploy/alertmanager/alertmanager.yml"), "utf8");
  const configuration = join(folder, "alertmanager.yml");
  writeFileSync(join(folder, "token"), TOKEN);
  writeFileSync(
    configuration,
    configured
      .replace("http://127.0.0.1:4600", controllerUrl)
      .replace("/etc/alertmanager/trimtab-token", join(folder, "token"))
      .replace("group_interval: 10s", "group_interval: 1s"),
  );
  const alertmanager = await startAlertmanagerServer({
    found: await findOrFetchAlertmanager(),
    directory: folder,
    configuration,
  });
  stops.push(alertmanager.stop);
  const { prometheus: binary } = await findOrFetchPrometheus();
  const prometheus = await startPrometheusServer({
    binary,
    directory: join(folder, "prometheus"),
    ruleFiles: [rules],
    alertmanagers: [alertmanager.url],
  });
  stops.push(prometheus.stop);

  writeFileSync(
    join(folder, "trimtab.yaml"),
    `controller:
  listen: "127.0.0.1:${port}"
  interval: 1s
  store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" }
  tokens: [{ name: alertmanager, roles: [operate, read], token: ${TOKEN} }]
metrics: { source: prometheus, url: "${prometheus.url}", scrapeInterval: 1s }
alerts: [{ match: { alertname: TrimtabErrorBudgetBurn, tier: "1" }, action: freeze }]
components:
  shop:
    operations:
      checkout:
        parameters: { retries: { type: integer, base: 2, min: 0, max: 5 } }
        constraints: [success_rate >= 0.9]
        mode: auto
`,
  );
  const controller = startNode("controller", [
    "packages/controller/src/cli/cli.ts",
    "serve",
    "--config",
    join(folder, "trimtab.yaml"),
  ]);
  const read = async (path: string): Promise<any> => {
    const response = await fetch(`${controllerUrl}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  };
  const audited = async (kind: string) =>
    (await read("/v1/audit?by=alert")).acts.find(
      (act: { kind: string; outcome?: object }) => act.kind === kind && act.outcome,
    );
  const isFrozen = async () => (await read("/v1/operations/shop/checkout")).standing.frozen === true;
  const watching = [controller];
  await until("the controller", () => read("/v1/operations/shop/checkout"), { watching });
  expect(await isFrozen()).toBe(false);
  // What fires before Prometheus has found it is told a minute later.
  await until("Alertmanager to be known to Prometheus", async () => {
    const { data } = await getJson(`${prometheus.url}/api/v1/alertmanagers`);
    return data.activeAlertmanagers.length > 0;
  });

  const burning = {
    [recordedSeries.successObjective.name]: 0.9,
    [recordedSeries.operationCalls.name]: 500,
    [errorsRatioSeries("1h").name]: 0.8,
    [errorsRatioSeries("5m").name]: 0.8,
  };
  await write(prometheus.url, burning);
  await until("the freeze", isFrozen, { watching });
  expect(await audited("freeze")).toMatchObject({
    ...OPERATION,
    by: "alert",
    outcome: { result: "done", reason: { code: "ALERT_FROZE" } },
  });

  await write(prometheus.url, { ...burning, [errorsRatioSeries("5m").name]: 0 });
  await until("the end of the freeze", async () => !(await isFrozen()), { watching });
  expect(await audited("unfreeze")).toMatchObject({
    by: "alert",
    outcome: { result: "done", reason: { code: "ALERT_UNFROZE" } },
  });
});
