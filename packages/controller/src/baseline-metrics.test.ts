import type { TrendSpan } from "@trimtab/learning";
import { expect, test } from "vitest";
import { createBaselineMetrics } from "./baseline-metrics.ts";
import { createBaselineReader } from "./baseline-reader.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 6, 1, 12, 5);

/** Hours before now, of 1,000 calls each; `change` makes the last one different. */
function spans(hours: number, change: (span: TrendSpan) => TrendSpan | undefined = (span) => span): TrendSpan[] {
  const end = Math.floor(NOW / HOUR) * HOUR;
  const all = Array.from({ length: hours }, (_, index): TrendSpan => {
    const from = end - (hours - index) * HOUR;
    const seconds = 0.2 * (1 + 0.05 * Math.sin(index * 7.3));
    return {
      from,
      to: from + HOUR,
      sums: {
        measuredMilliseconds: HOUR,
        measurements: {
          success: 990 + (index % 7),
          failure: 10 - (index % 7),
          partial: 0,
          duration: { bounds: [], counts: [], sum: 1000 * seconds, count: 1000 },
        },
      },
    };
  });
  const last = all.pop();
  const changed = last === undefined ? undefined : change(last);
  return changed === undefined ? all : [...all, changed];
}

async function pageOf(history: readonly TrendSpan[]): Promise<string> {
  const trends = {
    readTrend: ({ from, to }: { from: number; to: number }) =>
      Promise.resolve(history.filter((span) => span.from >= from && span.from < to)),
  };
  const metrics = createBaselineMetrics(createBaselineReader({ trends, timeZone: () => "UTC" }));
  await metrics.refresh([{ component: "shop", operation: "checkout" }], NOW, new AbortController().signal);
  return metrics.page();
}

const sample = (page: string, name: string, measure: string): number | undefined => {
  const line = page.split("\n").find((each) => each.startsWith(`${name}{`) && each.includes(`measure="${measure}"`));
  return line === undefined ? undefined : Number(line.slice(line.indexOf("}") + 1));
};

test("an ordinary hour: the range, where the hour lies, and no anomaly", async () => {
  const page = await pageOf(spans(500));
  expect(page).toContain('trimtab_baseline_lower{component="shop",operation="checkout",measure="success_ratio"}');
  expect(sample(page, "trimtab_baseline_lower", "duration_seconds")).toBeLessThan(0.2);
  expect(sample(page, "trimtab_baseline_expected", "duration_seconds")).toBeCloseTo(0.2, 1);
  expect(sample(page, "trimtab_baseline_upper", "duration_seconds")).toBeGreaterThan(0.2);
  expect(Math.abs(sample(page, "trimtab_baseline_deviation_ratio", "duration_seconds") ?? 9)).toBeLessThan(1.2);
  expect(sample(page, "trimtab_baseline_anomaly", "success_ratio")).toBe(0);
  expect(page).not.toContain("quality_ratio"); // nothing was ever scored
});

test("an hour of twice the latency is an anomaly, and its success is none", async () => {
  const page = await pageOf(
    spans(500, ({ sums, ...span }) => ({
      ...span,
      sums: {
        ...sums,
        measurements: { ...sums.measurements, duration: { bounds: [], counts: [], sum: 400, count: 1000 } },
      },
    })),
  );
  expect(sample(page, "trimtab_baseline_anomaly", "duration_seconds")).toBe(1);
  expect(sample(page, "trimtab_baseline_anomaly", "success_ratio")).toBe(0);
});

test("an hour that is missing, or hardly measured, is no anomaly: there is no sample", async () => {
  const missing = await pageOf(spans(500, () => undefined));
  expect(missing).not.toContain("trimtab_baseline_anomaly");
  expect(sample(missing, "trimtab_baseline_upper", "success_ratio")).toBeGreaterThan(0.99);
  for (const share of [1 / 3, 2 / 3]) {
    const hardly = await pageOf(
      spans(500, ({ sums, ...span }) => ({ ...span, sums: { ...sums, measuredMilliseconds: HOUR * share } })),
    );
    expect(hardly).not.toContain("trimtab_baseline_anomaly");
  }
});

test("before there is history enough there is no page", async () => {
  expect(await pageOf(spans(100))).toBe("");
});
