/** Which instrument reads which numbers of a cell, and what the package says of itself; in the order of the page. */
import { type Instrument, labels, serviceInstruments } from "@trimtab/conventions";
import type { Cell, Spent } from "./cell.ts";
import type { Distribution } from "./distribution.ts";

/** A value for each value of a label. */
export type LabelledValues = Iterable<readonly [labelValue: string, value: number]>;

/** All series of one instrument. */
export type Family =
  | {
      readonly kind: "sum";
      readonly instrument: Instrument;
      readonly read: (cell: Cell) => number | undefined;
    }
  | {
      readonly kind: "labelled";
      readonly instrument: Instrument;
      readonly label: string;
      readonly read: (cell: Cell) => LabelledValues | undefined;
    }
  | {
      readonly kind: "distribution";
      readonly instrument: Instrument;
      readonly read: (cell: Cell) => Distribution | undefined;
    };

const sum = (instrument: Instrument, read: (cell: Cell) => number | undefined): Family => ({
  kind: "sum",
  instrument,
  read,
});

const labelled = (instrument: Instrument, label: string, read: (cell: Cell) => LabelledValues | undefined): Family => ({
  kind: "labelled",
  instrument,
  label,
  read,
});

const distribution = (instrument: Instrument, read: (cell: Cell) => Distribution | undefined): Family => ({
  kind: "distribution",
  instrument,
  read,
});

/** The instruments of tracked calls. */
export const families: readonly Family[] = [
  labelled(serviceInstruments.operationCalls, labels.outcome, ({ success, failure, partial }) => [
    ["success", success],
    ["failure", failure],
    ["partial", partial],
  ]),
  distribution(serviceInstruments.operationDuration, ({ duration }) => duration),
  sum(serviceInstruments.operationDurationSquares, ({ duration }) => duration?.squares),
  distribution(serviceInstruments.operationQuality, ({ quality }) => quality),
  sum(serviceInstruments.operationQualitySquares, ({ quality }) => quality?.squares),
  labelled(serviceInstruments.operationCost, labels.unit, ({ costs }) => spent(costs, ({ amount }) => amount)),
  labelled(serviceInstruments.operationCostSquares, labels.unit, ({ costs }) => spent(costs, ({ squares }) => squares)),
  labelled(serviceInstruments.operationErrors, labels.errorType, ({ errors }) => errors),
  labelled(serviceInstruments.operationTokens, labels.type, ({ counts }) => counts?.get("tokens")),
  labelled(serviceInstruments.operationEngagement, labels.type, ({ counts }) => counts?.get("engagement")),
  sum(serviceInstruments.challengerStopped, ({ stops }) => stops),
  sum(serviceInstruments.operationCpu, ({ resources }) => resources?.cpuSeconds),
  sum(serviceInstruments.operationEventLoopDelay, ({ resources }) => resources?.eventLoopDelaySeconds),
  sum(serviceInstruments.operationHeap, ({ resources }) => resources?.heapBytes),
];

function spent(
  costs: ReadonlyMap<string, Spent> | undefined,
  read: (spent: Spent) => number,
): LabelledValues | undefined {
  return costs && [...costs].map(([unit, each]) => [unit, read(each)] as const);
}
