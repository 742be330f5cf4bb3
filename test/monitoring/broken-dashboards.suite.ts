/** Every dashboard is broken in every way that we know of, and each of the mutants is found. */
import { describe, expect, test } from "vitest";
import { MUTATIONS, type Mutation } from "./break-dashboard.ts";
import { dashboardProblems, type House } from "./check-dashboard.ts";
import {
  DASHBOARD_NAMES,
  type DashboardFile,
  EVERYTHING,
  expressionsOf,
  fillIn,
  panelsOf,
  readDashboard,
  runbookNames,
} from "./dashboard-file.ts";
import { monitored } from "./monitored.ts";
import { refusedExpressions } from "./promtool-expressions.ts";

const house: House = {
  series: monitored.series,
  uids: DASHBOARD_NAMES.map((name) => readDashboard(name).uid),
  runbooks: runbookNames(),
};

/** So many panels of a dashboard are broken in one way, from its beginning to its end. */
const MOST_PANELS = 8;

/** Copies of a dashboard, broken in one way: in panels that can be, or as a whole. */
function mutantsOf(name: string, { inPanel, inDashboard }: Mutation): { place: string; mutant: DashboardFile }[] {
  if (inDashboard !== undefined) {
    const mutant = readDashboard(name);
    return inDashboard(mutant) ? [{ place: name, mutant }] : [];
  }
  const mutants = panelsOf(readDashboard(name)).flatMap(({ id, title }) => {
    const mutant = readDashboard(name);
    const panel = panelsOf(mutant).find((each) => each.id === id);
    if (panel === undefined || !(inPanel?.(panel, mutant) ?? false)) return [];
    return [{ place: `${name} ${id} ${title}`, mutant }];
  });
  const step = Math.max(1, mutants.length / MOST_PANELS);
  return mutants.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

test.each(DASHBOARD_NAMES)("nothing is found in %s as it is, so that whatever is found is the mutant's", (name) => {
  expect(dashboardProblems(readDashboard(name), house)).toEqual([]);
});

describe.each(MUTATIONS)("$name", (mutation) => {
  const mutants = DASHBOARD_NAMES.map((name) => mutantsOf(name, mutation)).flat();

  test("there is something to break", () => {
    expect(mutants.length).toBeGreaterThan(0);
  });

  test("is found wherever it is done", async () => {
    const missed: string[] = [];
    if (mutation.foundBy === "house rules") {
      for (const { place, mutant } of mutants) if (dashboardProblems(mutant, house).length === 0) missed.push(place);
    } else {
      const healthy = new Set(
        DASHBOARD_NAMES.flatMap((name) => expressionsOf(readDashboard(name)).map(({ expr }) => expr)),
      );
      const broken = mutants.map(({ place, mutant }) => ({
        place,
        expr: expressionsOf(mutant).find(({ expr }) => !healthy.has(expr))?.expr ?? "",
      }));
      const refused = new Set(await refusedExpressions(broken.map(({ expr }) => fillIn(expr, EVERYTHING))));
      missed.push(...broken.filter((_, index) => !refused.has(index)).map(({ place }) => place));
    }
    expect(missed).toEqual([]);
  });
});
