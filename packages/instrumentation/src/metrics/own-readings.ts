/** What the package says of itself; read when metrics are collected, so that counting it costs a call nothing. */
import { type Instrument, serviceInstruments } from "@trimtab/conventions";
import type { LabelledValues } from "./families.ts";

/** Counted by the parts of the package themselves. */
export interface OwnReadings {
  readonly startTimeSeconds: number;
  readonly served: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly qualityRefused: number;
  readonly labelsCollapsed: number;
  /** By result. */
  readonly feedback: Readonly<Record<string, number>>;
  readonly records: Readonly<Record<string, number>>;
  /** Undefined where there never was a document. */
  readonly parametersAgeSeconds: number | undefined;
}

/** The readings of one instrument. */
export interface OwnSeries {
  readonly instrument: Instrument;
  /** The one label that tells the values apart; undefined for a single value, whose label value is then empty. */
  readonly label: string | undefined;
  readonly read: (readings: OwnReadings) => LabelledValues;
}

const single = (instrument: Instrument, read: (readings: OwnReadings) => number | undefined): OwnSeries => ({
  instrument,
  label: undefined,
  read: (readings) => {
    const value = read(readings);
    return value === undefined ? [] : [["", value]];
  },
});

/** In the order of the page. */
export const ownSeries: readonly OwnSeries[] = [
  single(serviceInstruments.processStartTime, ({ startTimeSeconds }) => startTimeSeconds),
  single(serviceInstruments.parametersAge, ({ parametersAgeSeconds }) => parametersAgeSeconds),
  { instrument: serviceInstruments.parametersServed, label: "source", read: ({ served }) => Object.entries(served) },
  { instrument: serviceInstruments.parametersRefused, label: "reason", read: ({ refused }) => Object.entries(refused) },
  single(serviceInstruments.qualityRefused, ({ qualityRefused }) => qualityRefused),
  { instrument: serviceInstruments.feedbackItems, label: "result", read: ({ feedback }) => Object.entries(feedback) },
  { instrument: serviceInstruments.recordItems, label: "result", read: ({ records }) => Object.entries(records) },
  single(serviceInstruments.labelValuesCollapsed, ({ labelsCollapsed }) => labelsCollapsed),
];
