/** The names of the series that dashboards read, from the instruments that emit them: nobody writes one by hand. */
import {
  type ControllerInstrument,
  controllerInstruments,
  type Instrument,
  prometheusName,
  type RecordedSeriesName,
  recordedSeries,
  type ServiceInstrument,
  serviceInstruments,
} from "@trimtab/conventions";

function namesOf<Key extends string>(instruments: Readonly<Record<Key, Instrument>>): Readonly<Record<Key, string>> {
  const entries = Object.entries<Instrument>(instruments).map(([key, instrument]) => [key, prometheusName(instrument)]);
  return Object.fromEntries(entries) as Record<Key, string>;
}

/** What services emit; of a histogram the name before `_bucket`, `_sum` and `_count`. */
export const service: Readonly<Record<ServiceInstrument, string>> = namesOf(serviceInstruments);

/** What the controller emits. */
export const controller: Readonly<Record<ControllerInstrument, string>> = namesOf(controllerInstruments);

/** What the controller's runtime emits of itself, by prom-client. */
export const runtime = {
  cpu: "process_cpu_seconds_total",
  residentMemory: "process_resident_memory_bytes",
  usedHeap: "nodejs_heap_size_used_bytes",
  eventLoopLag: "nodejs_eventloop_lag_p99_seconds",
} as const;

/** The series of the recording rules; panels that read one say so. */
export const recorded: Readonly<Record<RecordedSeriesName, string>> = Object.fromEntries(
  Object.entries(recordedSeries).map(([key, { name }]) => [key, name]),
) as Record<RecordedSeriesName, string>;
