/**
 * The metrics of the package in the data model of the OpenTelemetry SDK, for a `MetricProducer` of its readers: cumulative, each
 * series beginning when its cell was made. The numbers of the enumerations stand here because the package does not import the SDK.
 */
import type { Attributes, HrTime } from "@opentelemetry/api";
import { contextLabel, type Instrument, labels } from "@trimtab/conventions";
import type { Cell } from "./cell.ts";
import type { Distribution } from "./distribution.ts";
import { type Family, families } from "./families.ts";
import { type OwnReadings, ownSeries } from "./own-readings.ts";

const CUMULATIVE = 1;
const DOUBLE = 1;
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;

/** One series at one time. */
interface CollectedPoint<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: Value;
}

/** A histogram's numbers. */
interface CollectedHistogram {
  readonly buckets: { readonly boundaries: number[]; readonly counts: number[] };
  readonly sum: number;
  readonly count: number;
}

interface CollectedBase {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: typeof DOUBLE;
    /** Generation 1 of the SDK names counters by it; the later ones do not look. */
    readonly type: Uppercase<Instrument["kind"]>;
  };
  readonly aggregationTemporality: typeof CUMULATIVE;
}

/** One instrument with its series. */
export type CollectedMetric = CollectedBase &
  (
    | {
        readonly dataPointType: typeof SUM;
        readonly isMonotonic: true;
        readonly dataPoints: CollectedPoint<number>[];
      }
    | { readonly dataPointType: typeof GAUGE; readonly dataPoints: CollectedPoint<number>[] }
    | { readonly dataPointType: typeof HISTOGRAM; readonly dataPoints: CollectedPoint<CollectedHistogram>[] }
  );

/** @param startTimeMilliseconds Of what the package says of itself. Both times since 1970. */
export function metricData(
  cells: readonly Cell[],
  readings: OwnReadings,
  startTimeMilliseconds: number,
  nowMilliseconds: number,
): CollectedMetric[] {
  const endTime = hrTime(nowMilliseconds);
  const attributesOf = new Map(cells.map((cell) => [cell, attributes(cell)]));
  const collected: CollectedMetric[] = families.map((family) => {
    const dataPoints = cells.flatMap((cell) => {
      const startTime = hrTime(cell.bornAt);
      return valuesOf(family, cell).map(({ extra, value }) => ({
        startTime,
        endTime,
        attributes: { ...attributesOf.get(cell), ...extra },
        value,
      }));
    });
    return family.kind === "distribution"
      ? {
          ...base(family.instrument),
          dataPointType: HISTOGRAM,
          dataPoints: dataPoints as CollectedPoint<CollectedHistogram>[],
        }
      : {
          ...base(family.instrument),
          dataPointType: SUM,
          isMonotonic: true,
          dataPoints: dataPoints as CollectedPoint<number>[],
        };
  });
  const startTime = hrTime(startTimeMilliseconds);
  for (const { instrument, label, read } of ownSeries) {
    const dataPoints = [...read(readings)].map(([labelValue, value]) => ({
      startTime,
      endTime,
      attributes: label === undefined ? {} : { [label]: labelValue },
      value,
    }));
    collected.push(
      instrument.kind === "gauge"
        ? { ...base(instrument), dataPointType: GAUGE, dataPoints }
        : { ...base(instrument), dataPointType: SUM, isMonotonic: true, dataPoints },
    );
  }
  return collected.filter(({ dataPoints }) => dataPoints.length > 0);
}

function valuesOf(
  family: Family,
  cell: Cell,
): readonly { readonly extra?: Attributes; readonly value: number | CollectedHistogram }[] {
  switch (family.kind) {
    case "distribution": {
      const distribution = family.read(cell);
      return distribution === undefined ? [] : [{ value: histogram(distribution) }];
    }
    case "labelled":
      return [...(family.read(cell) ?? [])].map(([labelValue, value]) => ({
        extra: { [family.label]: labelValue },
        value,
      }));
    case "sum": {
      const value = family.read(cell);
      return value === undefined ? [] : [{ value }];
    }
  }
}

function histogram({ buckets, counts, sum }: Distribution): CollectedHistogram {
  const own = [...counts];
  return {
    buckets: { boundaries: [...buckets.boundaries], counts: own },
    sum,
    count: own.reduce((total, each) => total + each, 0),
  };
}

function attributes({ operation, variant, context }: Cell): Attributes {
  const made: Attributes = {
    [labels.component]: operation.component,
    [labels.operation]: operation.name,
    [labels.variant]: variant,
  };
  for (const [key, value] of Object.entries(context.context)) made[contextLabel(key)] = value;
  return made;
}

function base({ name, description, unit, kind }: Instrument): CollectedBase {
  const type = kind.toUpperCase() as Uppercase<typeof kind>;
  return { descriptor: { name, description, unit, valueType: DOUBLE, type }, aggregationTemporality: CUMULATIVE };
}

function hrTime(millisecondsSince1970: number): HrTime {
  const seconds = Math.trunc(millisecondsSince1970 / 1000);
  return [seconds, Math.trunc((millisecondsSince1970 - seconds * 1000) * 1e6)];
}
