/** Seven months of the controller's own memory, as a report draws them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "../http/app-fixture.ts";
import { DARK_DAY, HISTORY_ENDS, recordHistory } from "../http/seeded-history.test.support.ts";
import type { WireTrend } from "../http/wire/trend-wire.ts";
import { reportPage } from "./page.ts";
import type { Panel } from "./report.ts";
import { trendPanels, trendStepHours } from "./trend-panels.ts";

const DAY = 86_400_000;

let app: AppUnderTest;
let panels: Panel[];
beforeAll(async () => {
  app = await startApp({ now: () => HISTORY_ENDS });
  await recordHistory(app);
  const trend = (query: string): Promise<WireTrend> => app.json(`/v1/trends/shop/checkout?since=60d&step=24h${query}`);
  const rock = { context: { genre: "rock" }, trend: await trend("&ctx.genre=rock") };
  panels = trendPanels(await trend(""), [rock], 24, []);
}, 120_000);
afterAll(() => app.close());

function lines(title: string): Extract<Panel, { kind: "lines" }> {
  const panel = panels.find((each) => each.title === title);
  if (panel?.kind !== "lines") throw new Error(`no lines are called ${title}`);
  return panel;
}

test("each day is a point in its middle, and the day without evidence is a gap", () => {
  const { points = [] } = lines("Success").lines[0] ?? {};
  const known = points.filter(({ value }) => value !== undefined);
  expect(known.length).toBeGreaterThanOrEqual(58);
  for (const { value } of known) expect(value).toBeGreaterThan(0.9);
  const inTheDark = points.filter(({ time }) => time >= DARK_DAY && time < DARK_DAY + DAY);
  expect(inTheDark.map(({ value }) => value)).toEqual([undefined]);
});

test("the lift has its interval, calls are by the second that was measured, and what nobody said is absent", () => {
  const lift = lines("Lift");
  const last = lift.lines[0]?.points.at(-1)?.value ?? Number.NaN;
  expect(last).toBeGreaterThan(0.03);
  expect(lift.band?.lower.at(-1)?.value).toBeLessThan(last);
  expect(lift.band?.upper.at(-1)?.value).toBeGreaterThan(last);
  for (const { value } of lines("Calls").lines[0]?.points ?? []) expect(value ?? 0.1).toBeLessThan(0.3); // 200 to 1000 an hour
  expect(lines("Feedback").lines[0]?.points.every(({ value }) => value === undefined)).toBe(true);
});

test("a page of it has a band, two runs of the line, and no number for feedback", () => {
  const span = { from: HISTORY_ENDS - 60 * DAY, to: HISTORY_ENDS };
  const section = { title: "shop / checkout", subtitle: "", tiles: [], panels };
  const page = reportPage({ span, source: "", version: "1", sections: [section] });
  expect(page.match(/class="band"/g)).toHaveLength(2);
  expect(/<h3>Success<\/h3>[\s\S]*?<\/figure>/.exec(page)?.[0].match(/line0 stroke/g)).toHaveLength(2);
  expect(/<h3>Feedback<\/h3>[\s\S]*?<\/figure>/.exec(page)?.[0]).toContain('<p class="none">no data</p>');
});

test("a step is whole hours, and few enough", () => {
  expect(trendStepHours(3_600_000)).toBe(1);
  expect(trendStepHours(200 * 3_600_000)).toBe(1);
  expect(trendStepHours(400 * DAY)).toBe(48);
});
