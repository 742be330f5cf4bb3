/** What goes wrong with a metric source, one by one, and what a controller must say of it. */
import type { Interference } from "./fault-proxy.ts";
import type { Twist } from "./history.ts";

/** How a pass may find its evidence, as `trimtab_readings_total{kind}` tells it, or that it read none. */
export type EvidenceQuality =
  | "value"
  | "no-data"
  | "not-a-number"
  | "several-series"
  | "stale"
  | "partial"
  | "error"
  | "timeout"
  | "skipped";

/** A fault of the metric source. */
export interface SourceFault {
  readonly name: string;
  /** The kind of reading that the controller must see; `skipped` where a pass must read nothing. */
  readonly seen: EvidenceQuality;
  /** How many cycles it lasts. */
  readonly cycles: number;
  /** What happens to each answer. */
  readonly interference?: Interference;
  /** Nobody listens. */
  readonly isDown?: boolean;
  /** What the service's series do from the fault on. */
  readonly twist?: Omit<Twist, "from">;
  /** The controller's clock is wrong by so much, in milliseconds. */
  readonly skew?: number;
  /** Prometheus has never heard of the operation. */
  readonly isUnknown?: boolean;
  /** It lasts longer, as far as the controller can tell, than challengers may run on without evidence. */
  readonly endsExploring?: boolean;
}

const html = "<html><body>502 Bad Gateway</body></html>";
const json =
  (text: string, status = 200): Interference =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  };

/** The rows of a real answer, changed. */
const rows =
  (change: (rows: Row[]) => readonly Row[], warnings?: readonly string[]): Interference =>
  async (response, answer) => {
    const parsed = JSON.parse(await answer()) as { data: { result: Row[] } };
    const data = { ...parsed.data, result: change(parsed.data.result) };
    response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ ...parsed, data, ...(warnings === undefined ? {} : { warnings }) }));
  };

interface Row {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const isCalls = ({ __name__: name }: Readonly<Record<string, string>>): boolean =>
  name === "trimtab_operation_calls_total";

/** Every fault. */
export const SOURCE_FAULTS: readonly SourceFault[] = [
  { name: "source down", seen: "error", cycles: 8, isDown: true },
  // Two cycles, because each of them is waited for in real time.
  { name: "source slow", seen: "timeout", cycles: 2, interference: () => {} },
  {
    name: "500 from a gateway",
    seen: "error",
    cycles: 8,
    interference: (response) => void response.writeHead(500, { "content-type": "text/html" }).end(html),
  },
  {
    name: "the query is refused",
    seen: "error",
    cycles: 4,
    interference: json(
      `{"status":"error","errorType":"execution","error":"query processing would load too many samples"}`,
      422,
    ),
  },
  {
    name: "garbage with status 200",
    seen: "error",
    cycles: 4,
    interference: json(`{"status":"success","data":{"resultType":"vec`),
  },
  {
    name: "an answer of another form",
    seen: "error",
    cycles: 4,
    interference: json(`{"status":"success","data":{"resultType":"matrix","result":[]}}`),
  },
  {
    name: "the connection is cut in mid-answer",
    seen: "error",
    cycles: 4,
    interference: async (response, answer) => {
      const text = await answer();
      response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    },
  },
  {
    name: "partial with warnings",
    seen: "partial",
    cycles: 4,
    interference: rows(
      (all) => all.filter((_, index) => index % 2 === 0),
      ["fetching from store 2: connection refused"],
    ),
  },
  {
    name: "NaN",
    seen: "not-a-number",
    cycles: 4,
    twist: { sample: (value, labels) => (isCalls(labels) ? Number.NaN : value) },
  },
  {
    name: "+Inf",
    seen: "not-a-number",
    cycles: 4,
    twist: { sample: (value, labels) => (isCalls(labels) ? Number.POSITIVE_INFINITY : value) },
  },
  {
    name: "values that are no numbers at all",
    seen: "not-a-number",
    cycles: 4,
    interference: rows((all) => all.map(({ metric, value: [time] }) => ({ metric, value: [time, ""] }))),
  },
  { name: "empty", seen: "no-data", cycles: 4, isUnknown: true },
  { name: "empty answers of a sound form", seen: "no-data", cycles: 4, interference: rows(() => []) },
  {
    name: "several series for one thing",
    seen: "several-series",
    cycles: 4,
    // As in the window in which Prometheus is upgraded from 2 to 3.
    twist: { twins: ({ le }) => (le === "1" ? { le: "1.0" } : undefined) },
  },
  { name: "stale", seen: "stale", cycles: 4, twist: { sample: () => undefined } },
  { name: "the clock is ten seconds ahead", seen: "stale", cycles: 4, skew: 10_000 },
  { name: "the clock is ten minutes ahead", seen: "stale", cycles: 4, skew: 600_000, endsExploring: true },
  { name: "the clock is two hours ahead", seen: "stale", cycles: 4, skew: 7_200_000, endsExploring: true },
  { name: "the clock is a minute behind", seen: "skipped", cycles: 4, skew: -60_000 },
];

/** No fault of the source: its counts must stay right. */
export const COUNTER_RESET: SourceFault = {
  name: "counters that start anew in the same process",
  seen: "value",
  cycles: 1,
  twist: { sample: (value, labels, before) => (isCounter(labels) ? value - before : value) },
};

function isCounter({ __name__: name = "" }: Readonly<Record<string, string>>): boolean {
  return name.startsWith("trimtab_operation_");
}
