/** Every dashboard that ships: made from its source, within the house rules, and with data in every panel. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dashboardFiles } from "../../grafana/source/dashboards.ts";
import { dashboardProblems, type House } from "./check-dashboard.ts";
import { finiteSamples, samplesOf } from "./dashboard-data.ts";
import {
  type Choice,
  DASHBOARD_NAMES,
  DASHBOARDS,
  EVERYTHING,
  expressionsOf,
  fillIn,
  ONE_OPERATION,
  ONE_WITHOUT_CONTEXT,
  type PanelOfFile,
  panelsOf,
  readDashboard,
  runbookNames,
  variableQuery,
} from "./dashboard-file.ts";
import { monitored } from "./monitored.ts";
import { refusedExpressions } from "./promtool-expressions.ts";

const { prometheusUrl } = monitored;

const house: House = {
  series: monitored.series,
  uids: DASHBOARD_NAMES.map((name) => readDashboard(name).uid),
  runbooks: runbookNames(),
};

/** Names of the panel's queries that have no finite sample. */
async function emptyQueries(panel: PanelOfFile, choice: Choice): Promise<string[]> {
  const counts = await samplesOf(prometheusUrl, panel, choice);
  return Object.keys(counts).filter((refId) => counts[refId] === 0);
}

/** Does it show nothing at all? */
async function isEmpty(panel: PanelOfFile, choice: Choice): Promise<boolean> {
  return (await emptyQueries(panel, choice)).length === panel.targets?.length;
}

test("the files are what their source makes; `node scripts/dev.mjs dashboards` writes them", () => {
  const committed = DASHBOARD_NAMES.map((name) => [
    `${name}.json`,
    readFileSync(new URL(`${name}.json`, DASHBOARDS), "utf8"),
  ]);
  expect(Object.fromEntries(committed)).toEqual(dashboardFiles());
});

test("there are at least 75 panels", () => {
  const panels = DASHBOARD_NAMES.flatMap((name) => panelsOf(readDashboard(name)));
  expect(panels.length).toBeGreaterThanOrEqual(75);
});

describe.each(DASHBOARD_NAMES)("%s", (name) => {
  const dashboard = readDashboard(name);

  test("keeps the house rules, and names only what is there", () => {
    expect(dashboardProblems(dashboard, house)).toEqual([]);
  });

  test("is understood by the oldest Prometheus that we support", async () => {
    const expressions = expressionsOf(dashboard);
    const refused = await refusedExpressions(expressions.map(({ expr }) => fillIn(expr, EVERYTHING)));
    expect(refused.map((index) => expressions[index])).toEqual([]);
  });

  test.each(panelsOf(dashboard).map((panel) => [panel.id, panel.title, panel] as const))(
    "panel %i, %s, shows data when it is opened",
    async (_id, _title, panel) => {
      // A busy machine may be late with a page, and the number of a moment is then missing.
      await expect.poll(() => emptyQueries(panel, EVERYTHING), { timeout: 30_000 }).toEqual([]);
    },
  );

  test("shows data of one operation, for whoever comes from another dashboard", async () => {
    const emptyPanels = async (): Promise<string[]> => {
      const empty: string[] = [];
      for (const panel of panelsOf(dashboard)) {
        if (!(await isEmpty(panel, ONE_OPERATION)) || !(await isEmpty(panel, ONE_WITHOUT_CONTEXT))) continue;
        empty.push(`${panel.id} ${panel.title}`);
      }
      return empty;
    };
    await expect.poll(emptyPanels, { timeout: 50_000 }).toEqual([]);
  });

  test("every variable has values to choose from, and every annotation can have marks", async () => {
    const asked = dashboard.templating.list.flatMap((variable) => variableQuery(variable)?.expr ?? []);
    const empty: string[] = [];
    for (const expr of asked)
      if ((await finiteSamples(prometheusUrl, fillIn(expr, EVERYTHING), true)) === 0) empty.push(expr);
    expect(empty).toEqual([]);
    for (const { expr } of dashboard.annotations.list)
      await finiteSamples(prometheusUrl, fillIn(expr, EVERYTHING), false);
  });
});
