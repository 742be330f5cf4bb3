/** The configuration for Alertmanager, in a real one: what is sent to the controller, and which alerts keep silent beside others. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOrFetchAlertmanager, startAlertmanagerServer } from "../../scripts/alertmanager.mjs";
import { run } from "../../scripts/debian-archive.mjs";
import { cleanUp, getJson, root, temporaryFolder, until } from "../end-to-end/processes.ts";

const configuration = join(root, "deploy/alertmanager/alertmanager.yml");
let url = "";
let stop: () => Promise<void>;

beforeAll(async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "token"), "use-it");
  const file = join(folder, "alertmanager.yml");
  const text = readFileSync(configuration, "utf8").replace("/etc/alertmanager/trimtab-token", join(folder, "token"));
  // Nobody listens there: what is sent is looked at elsewhere.
  writeFileSync(file, text.replace("127.0.0.1:4600", "127.0.0.1:1"));
  ({ url, stop } = await startAlertmanagerServer({
    found: await findOrFetchAlertmanager(),
    directory: folder,
    configuration: file,
  }));
}, 300_000); // it may have to be fetched

afterAll(async () => {
  await stop();
  await cleanUp();
});

interface Listed {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly inhibitedBy: readonly string[] };
  readonly receivers: readonly { readonly name: string }[];
}

/** Names and tells what Alertmanager makes of these alerts, once it knows them all. */
async function fired(alerts: readonly Readonly<Record<string, string>>[]): Promise<Record<string, Listed>> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts.map((labels) => ({ labels }))),
  });
  expect(response.status).toBe(200);
  const listed = await until("the alerts", async () => {
    const found = (await getJson(`${url}/api/v2/alerts`)) as Listed[];
    const own = alerts.map(({ id }) => found.find(({ labels }) => labels["id"] === id));
    return own.every((each) => each !== undefined && each.receivers.length > 0) ? (own as Listed[]) : undefined;
  });
  return Object.fromEntries(listed.map((each) => [each.labels["id"] ?? "", each]));
}

const burn = (id: string, tier: string, more: Record<string, string> = {}) => ({
  id,
  alertname: "TrimtabErrorBudgetBurn",
  component: "shop",
  operation: "checkout",
  objective: "success",
  severity: tier < "3" ? "critical" : "warning",
  tier,
  ...more,
});

describe("Alertmanager", () => {
  test("finds no fault with the configuration", async () => {
    const { amtool } = await findOrFetchAlertmanager();
    expect(await run(amtool, ["check-config", configuration], root)).toContain("SUCCESS");
  });

  test("tells the controller of what is about a component, and nobody of anything else", async () => {
    const listed = await fired([
      burn("about an operation", "1"),
      { id: "about the controller", alertname: "TrimtabControllerDown", severity: "critical", tier: "1" },
      { id: "somebody else's", alertname: "DiskFull", component: "shop" },
    ]);
    expect(listed["about an operation"]?.receivers.map(({ name }) => name)).toEqual(["controller"]);
    expect(listed["about the controller"]?.receivers.map(({ name }) => name)).toEqual(["burn-in"]);
    expect(listed["somebody else's"]?.receivers.map(({ name }) => name)).toEqual(["burn-in"]);
  });

  test("lets the faster burn rate speak for the slower, of the same objective and operation", async () => {
    const of = { component: "tiers" };
    const alerts = [
      burn("tier 2", "2", of),
      burn("tier 3", "3", of),
      burn("tier 4", "4", of),
      burn("slow too", "3", {
        ...of,
        objective: "latency",
        alertname: "TrimtabLatencyBudgetBurn",
        severity: "critical",
      }),
      burn("another operation", "3", { ...of, operation: "refund" }),
      burn("somebody else's tier 4", "4", { ...of, alertname: "PodBudgetBurn" }),
    ];
    await fired(alerts);
    await expect.poll(async () => silent(await fired(alerts))).toEqual(["tier 3", "tier 4"]);
  });

  test("lets what is critical speak for what is a warning, on the same operation", async () => {
    const of = { component: "severities" };
    const alerts = [
      burn("critical", "1", of),
      burn("warning", "3", { ...of, alertname: "TrimtabBreakerOpen", objective: "" }),
      burn("warning elsewhere", "3", { ...of, alertname: "TrimtabBreakerOpen", objective: "", operation: "refund" }),
      {
        id: "warning about a job",
        alertname: "TrimtabSlowCycle",
        severity: "warning",
        tier: "3",
        component: "severities",
      },
    ];
    await expect.poll(async () => silent(await fired(alerts))).toEqual(["warning"]);
  });

  test("lets a controller that is down speak for what follows from it", async () => {
    const alerts = [
      { id: "down", alertname: "TrimtabControllerDown", severity: "critical", tier: "1" },
      { id: "stale", alertname: "TrimtabParametersStale", severity: "warning", tier: "2", job: "shop" },
      { id: "scrape", alertname: "TrimtabScrapeFailing", severity: "warning", tier: "2", job: "shop" },
      { id: "no leader", alertname: "TrimtabNoLeader", severity: "critical", tier: "1" },
      { id: "cycles", alertname: "TrimtabCycleStale", severity: "critical", tier: "2", component: "c", operation: "o" },
    ];
    await expect.poll(async () => silent(await fired(alerts))).toEqual(["cycles", "stale"]);
  });
});

function silent(listed: Record<string, Listed>): string[] {
  return Object.keys(listed)
    .filter((id) => (listed[id]?.status.inhibitedBy.length ?? 0) > 0)
    .sort();
}
