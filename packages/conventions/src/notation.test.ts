import { describe, expect, test } from "vitest";
import { contextKeyOfLabel, contextLabel } from "./attributes.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import {
  controllerInstruments,
  DURATION_BOUNDARIES_SECONDS,
  type Instrument,
  serviceInstruments,
} from "./instruments.ts";
import { componentNameProblem, contextKeyProblem, operationNameProblem, parameterNameProblem } from "./names.ts";
import { prometheusDuration, prometheusName, prometheusSeriesNames, quoteLabelValue } from "./prometheus-notation.ts";

const all: Instrument[] = [...Object.values(serviceInstruments), ...Object.values(controllerInstruments)];

describe("instruments", () => {
  test("carry the names of the telemetry contract in Prometheus", () => {
    expect(prometheusName(serviceInstruments.operationCalls)).toBe("trimtab_operation_calls_total");
    expect(prometheusName(serviceInstruments.operationDuration)).toBe("trimtab_operation_duration_seconds");
    expect(prometheusName(serviceInstruments.operationDurationSquares)).toBe(
      "trimtab_operation_duration_seconds_squares_total",
    );
    expect(prometheusName(serviceInstruments.processStartTime)).toBe("trimtab_process_start_time_seconds");
    expect(prometheusName(controllerInstruments.cycleLastSuccess)).toBe("trimtab_cycle_last_success_timestamp_seconds");
    expect(prometheusSeriesNames(serviceInstruments.operationQuality)).toEqual([
      "trimtab_operation_quality_ratio_bucket",
      "trimtab_operation_quality_ratio_sum",
      "trimtab_operation_quality_ratio_count",
    ]);
  });

  test("have names and labels of their own that no path rewrites", () => {
    const series = all.flatMap(prometheusSeriesNames);
    expect(new Set(series).size).toBe(series.length);
    for (const { name, labels } of all) {
      expect(name).toMatch(/^trimtab(\.[a-z]+)+$/);
      expect(name).not.toMatch(/total/);
      for (const label of labels) expect(label).toMatch(/^(?!ctx_|le$|job$|instance$|otel_)[a-z_]+$/);
    }
  });

  // The Collector and Prometheus' OTLP endpoint append the unit's word unless the name has it; a gauge of unit 1 gets "ratio".
  test("have their unit's word in the name", () => {
    const inSeconds = all.filter(({ unit }) => unit === "s");
    const ratios = all.filter(
      (each) => each.unit === "1" && each.kind === "gauge" && each !== controllerInstruments.variantInfo,
    );
    expect(inSeconds.filter(({ name }) => !name.includes("seconds"))).toEqual([]);
    expect(ratios.filter(({ name }) => !name.includes("ratio"))).toEqual([]);
  });

  test("measure durations from 1 ms to 10 min with neighbours at most 1.5 apart", () => {
    expect(DURATION_BOUNDARIES_SECONDS[0]).toBe(0.001);
    expect(DURATION_BOUNDARIES_SECONDS.at(-1)).toBe(600);
    DURATION_BOUNDARIES_SECONDS.slice(1).forEach((bound, index) => {
      const ratio = bound / (DURATION_BOUNDARIES_SECONDS[index] ?? 0);
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThanOrEqual(1.5 + 1e-9);
    });
  });
});

test("a context key is a label and back", () => {
  expect(contextLabel("genre")).toBe("ctx_genre");
  expect(contextKeyOfLabel("ctx_genre")).toBe("genre");
  expect(contextKeyOfLabel("operation")).toBeUndefined();
});

test("PromQL reads what we quote", () => {
  expect(quoteLabelValue('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
  expect([1500, 90_000, 120_000, 7_200_000, 172_800_000].map(prometheusDuration)).toEqual([
    "1500ms",
    "90s",
    "2m",
    "2h",
    "2d",
  ]);
});

describe("durations", () => {
  test.each([
    ["200ms", 200],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
  ])("%s is %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(["", "10", "s", "-5s", "1 fortnight", "1h30m", "NaNs", "1e3s"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("are written in one whole unit", () => {
    expect([250, 90_000, 120_000, 86_400_000].map(formatDuration)).toEqual(["250ms", "90s", "2m", "1d"]);
  });
});

describe("names", () => {
  test("that are legal have no problem", () => {
    expect([
      componentNameProblem("checkout.api/v2"),
      operationNameProblem("generate_lyrics"),
      parameterNameProblem("topP"),
      contextKeyProblem("genre"),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test.each([
    [componentNameProblem, ""],
    [componentNameProblem, "with space"],
    [operationNameProblem, "1st"],
    [operationNameProblem, "a\nb"],
    [parameterNameProblem, "top-p"],
    [contextKeyProblem, "Genre"],
    [contextKeyProblem, "a.b"],
  ])("%o refuses %j and says what to write", (problem, name) => {
    expect(problem(name)).toMatch(/ write 1 to /);
  });
});
