/** Learned baselines as metrics, for alerts on what is unusual: kept in memory, and read anew once a minute. */
import { controllerInstruments, type Instrument, prometheusName } from "@trimtab/conventions";
import type { OperationKey } from "@trimtab/engine";
import { BASELINE_MEASURES, type BaselineMeasure } from "@trimtab/learning";
import type { BaselineAnswer, BaselineReader } from "./baseline-reader.ts";
import { exposedLabels } from "./exposed-labels.ts";

/** The values of the label `measure`. */
const MEASURE_LABELS: Readonly<Record<BaselineMeasure, string>> = {
  success: "success_ratio",
  latency: "duration_seconds",
  quality: "quality_ratio",
};

/** Twice as far away as the bound: where nothing is wrong, fewer than one hour in a hundred is. */
const ANOMALOUS_DEVIATION = 2;

/** Baselines in memory. */
export interface BaselineMetrics {
  /** Reads what is expected now of these operations, and forgets all others. */
  refresh(operations: readonly OperationKey[], now: number, signal: AbortSignal): Promise<void>;
  /** The families' lines; empty before there is history enough of anything. */
  page(): string;
}

/** Metrics before the first reading. */
export function createBaselineMetrics(reader: BaselineReader): BaselineMetrics {
  let known: readonly (OperationKey & { readonly answer: BaselineAnswer })[] = [];
  return {
    async refresh(operations, now, signal) {
      const read: (OperationKey & { readonly answer: BaselineAnswer })[] = [];
      for (const { component, operation } of operations) {
        if (signal.aborted) return;
        read.push({ component, operation, answer: await reader.read({ component, operation, at: now }) });
        await new Promise((resolve) => setImmediate(resolve)); // what serves goes first
      }
      known = read;
    },
    page() {
      const lines: string[] = [];
      const family = (
        instrument: Instrument,
        valueOf: (answer: BaselineAnswer, measure: BaselineMeasure) => number | undefined,
      ): void => {
        const samples = known.flatMap(({ component, operation, answer }) =>
          BASELINE_MEASURES.flatMap((measure) => {
            const value = valueOf(answer, measure);
            if (value === undefined) return [];
            return [`{${exposedLabels({ component, operation, measure: MEASURE_LABELS[measure] })}} ${value}`];
          }),
        );
        if (samples.length === 0) return;
        const name = prometheusName(instrument);
        lines.push(`# HELP ${name} ${instrument.description}`, `# TYPE ${name} gauge`);
        for (const sample of samples) lines.push(`${name}${sample}`);
      };
      const bound =
        (name: "lower" | "expected" | "upper") =>
        ({ expected }: BaselineAnswer, measure: BaselineMeasure): number | undefined => {
          const range = expected[measure];
          return range.kind === "value" ? range.value[name] : undefined;
        };
      family(controllerInstruments.baselineLower, bound("lower"));
      family(controllerInstruments.baselineExpected, bound("expected"));
      family(controllerInstruments.baselineUpper, bound("upper"));
      family(controllerInstruments.baselineDeviation, ({ latest }, measure) => latest?.measures[measure]?.deviation);
      family(controllerInstruments.baselineAnomaly, ({ latest }, measure) => {
        const judged = latest?.measures[measure];
        return judged === undefined ? undefined : Math.abs(judged.deviation) >= ANOMALOUS_DEVIATION ? 1 : 0;
      });
      return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
    },
  };
}
