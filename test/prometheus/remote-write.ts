/**
 * Writes history into a Prometheus, so that no test waits for scrapes: remote write 1.0, which is a protocol-buffers message in a
 * snappy block. The block is made of literals only: legal, and nothing is won by compressing on the loopback.
 */

/** A series and its samples, oldest first. */
export interface WrittenSeries {
  /** `__name__` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly WrittenSample[];
}

/** A value, or the mark that the series was no longer there. */
export interface WrittenSample {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly value: number | "gone";
}

/** Series that are sent at once; a message stays below a few megabytes. */
const SERIES_AT_ONCE = 500;

/** @throws {Error} with the answer of Prometheus when it refuses a sample. */
export async function remoteWrite(url: string, series: readonly WrittenSeries[]): Promise<void> {
  for (let index = 0; index < series.length; index += SERIES_AT_ONCE) {
    const message = concat(
      series.slice(index, index + SERIES_AT_ONCE).map((one) => lengthDelimited(1, seriesMessage(one))),
    );
    const response = await fetch(`${url}/api/v1/write`, {
      method: "POST",
      headers: {
        "content-encoding": "snappy",
        "content-type": "application/x-protobuf",
        "x-prometheus-remote-write-version": "0.1.0",
      },
      body: snappyBlock(message),
    });
    if (!response.ok)
      throw new Error(`Prometheus refused what was written: ${response.status} ${await response.text()}`);
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }, labels sorted by name. */
function seriesMessage({ labels, samples }: WrittenSeries): Bytes {
  const names = Object.keys(labels)
    .filter((name) => labels[name] !== "")
    .sort();
  return concat([
    ...names.map((name) => lengthDelimited(1, concat([text(1, name), text(2, labels[name] ?? "")]))),
    ...samples.map((sample) => lengthDelimited(2, sampleMessage(sample))),
  ]);
}

/** This NaN among all NaNs is what Prometheus itself writes when a series vanishes from a page. */
const STALE_MARKER = 0x7ff0000000000002n;

/** Sample { double value = 1; int64 timestamp = 2; } */
function sampleMessage({ time, value }: WrittenSample): Bytes {
  const double = new Uint8Array(9);
  const view = new DataView(double.buffer);
  double[0] = (1 << 3) | 1;
  if (value === "gone") view.setBigUint64(1, STALE_MARKER, true);
  else view.setFloat64(1, value, true);
  return concat([double, Uint8Array.of(2 << 3), varint(time)]);
}

function text(field: number, value: string): Bytes {
  return lengthDelimited(field, new TextEncoder().encode(value));
}

function lengthDelimited(field: number, bytes: Bytes): Bytes {
  return concat([Uint8Array.of((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** The length, then literals of up to 65,536 bytes: tag 61 says that two bytes of length follow. */
function snappyBlock(bytes: Bytes): Bytes {
  const parts: Bytes[] = [varint(bytes.length)];
  for (let start = 0; start < bytes.length; start += 65_536) {
    const literal = bytes.slice(start, start + 65_536);
    parts.push(Uint8Array.of(61 << 2, (literal.length - 1) & 0xff, (literal.length - 1) >> 8), literal);
  }
  return concat(parts);
}

function concat(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
