/** Does a panel show anything? Its queries are asked as Grafana would, at one time or over a range. */
import { type Choice, fillIn, type PanelOfFile } from "./dashboard-file.ts";
import { queryNow, queryRange } from "./prometheus-api.ts";

/** How far a graph reaches back, and how far its points are apart, in seconds. */
const RANGE = { back: 300, step: 30 };

/** The queries of a panel, by name, with how many finite samples each has. */
export async function samplesOf(url: string, panel: PanelOfFile, choice: Choice): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { refId, expr, instant } of panel.targets ?? []) {
    counts[refId] = await finiteSamples(url, fillIn(expr, choice), instant === true);
  }
  return counts;
}

/**
 * How many finite samples an expression has. A busy machine may be late with a page, and what is asked for one moment is then missing: it
 * is asked for the moments before, too.
 */
export async function finiteSamples(url: string, expr: string, isInstant: boolean): Promise<number> {
  if (isInstant) {
    const now = (await queryNow(url, expr)).filter(({ value }) => Number.isFinite(Number(value[1])));
    if (now.length > 0) return now.length;
  }
  const end = Math.floor(Date.now() / 1000);
  const series = await queryRange(url, expr, { start: end - RANGE.back, end, step: RANGE.step });
  return series.flatMap(({ values }) => values).filter(([, value]) => Number.isFinite(Number(value))).length;
}
