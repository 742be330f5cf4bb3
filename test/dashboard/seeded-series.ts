/** Six hours of one operation in a Prometheus, with numbers that a report must show: written at once instead of waited for. */
import {
  controllerInstruments,
  type Instrument,
  prometheusName,
  serviceInstruments,
} from "../../packages/conventions/src/index.ts";
import { remoteWrite, type WrittenSample, type WrittenSeries } from "../prometheus/remote-write.ts";

const STEP_MILLISECONDS = 15_000;
/** An hour in which nothing was scraped, from the third hour on. */
const DARK_HOUR = { begins: 2, ends: 3 } as const;
const HOUR = 3_600_000;

/** Who is in a context: variant, role, calls a second, share of success, seconds of a call, and the value of `level`. */
export interface SeededVariant {
  readonly variant: string;
  readonly role: string;
  readonly callsPerSecond: number;
  readonly successRate: number;
  readonly quality: number;
  readonly level: number;
  /** In force from this hour on; before it there is no such variant. */
  readonly fromHour?: number;
}

/** Writes it, up to a time. */
export async function seedSeries(
  url: string,
  to: number,
  contexts: Readonly<
    Record<string, { readonly variants: readonly SeededVariant[]; readonly lift: readonly [number, number, number] }>
  >,
): Promise<void> {
  const end = Math.floor(to / STEP_MILLISECONDS) * STEP_MILLISECONDS;
  const begin = end - 6 * HOUR;
  /** A little more than is looked at, so that the first rates have whole windows. */
  const first = begin - 600_000;
  const series: WrittenSeries[] = [];
  const add = (
    name: string,
    labels: Record<string, string>,
    value: (seconds: number, hour: number) => number | undefined,
  ): void => {
    const samples: WrittenSample[] = [];
    for (let time = first; time <= end; time += STEP_MILLISECONDS) {
      const hour = (time - begin) / HOUR;
      const known = hour >= DARK_HOUR.begins && hour < DARK_HOUR.ends ? undefined : value((time - first) / 1000, hour);
      if (known !== undefined) samples.push({ time, value: known });
    }
    series.push({ labels: { __name__: name, job: "shop", instance: "127.0.0.1:1", ...labels }, samples });
  };
  const nameOf = (instrument: Instrument): string => prometheusName(instrument);
  for (const [genre, { variants, lift }] of Object.entries(contexts)) {
    const place = { component: "shop", operation: "checkout", ctx_genre: genre };
    for (const { variant, role, callsPerSecond, successRate, quality, level, fromHour = 0 } of variants) {
      const labels = { ...place, variant };
      const counted = (perSecond: number) => (seconds: number) => perSecond * seconds;
      add(
        nameOf(serviceInstruments.operationCalls),
        { ...labels, outcome: "success" },
        counted(callsPerSecond * successRate),
      );
      add(
        nameOf(serviceInstruments.operationCalls),
        { ...labels, outcome: "failure" },
        counted(callsPerSecond * (1 - successRate)),
      );
      // Every call takes 100 to 200 ms: by straight lines between the bounds the 95th percentile is 195 ms.
      for (const [le, share] of [
        ["0.1", 0],
        ["0.2", 1],
        ["+Inf", 1],
      ] as const)
        add(
          `${nameOf(serviceInstruments.operationDuration)}_bucket`,
          { ...labels, le },
          counted(callsPerSecond * share),
        );
      add(`${nameOf(serviceInstruments.operationQuality)}_sum`, labels, counted(callsPerSecond * quality));
      add(`${nameOf(serviceInstruments.operationQuality)}_count`, labels, counted(callsPerSecond));
      const share = role === "baseline" ? 0.1 : 0.9;
      const inForce = (value: number) => (_: number, hour: number) => (hour >= fromHour ? value : undefined);
      add(nameOf(controllerInstruments.variantWeight), { ...labels, role }, inForce(share));
      add(
        nameOf(controllerInstruments.variantInfo),
        { ...labels, role, parameter: "level", value: String(level) },
        inForce(1),
      );
    }
    const instruments = [
      controllerInstruments.liftRatio,
      controllerInstruments.liftRatioLower,
      controllerInstruments.liftRatioUpper,
    ];
    for (const [index, instrument] of instruments.entries())
      add(nameOf(instrument), place, (_, hour) => (lift[index] ?? 0) * Math.min(1, Math.max(0, hour / 5)));
    add(nameOf(controllerInstruments.breakerState), place, () => 0);
  }
  const key = { component: "shop", operation: "checkout" };
  add(nameOf(controllerInstruments.cycles), { ...key, result: "success" }, (seconds) => seconds / 30);
  add(nameOf(controllerInstruments.cycleLastSuccess), key, (seconds) => first / 1000 + seconds - 5);
  add(nameOf(controllerInstruments.readings), { ...key, kind: "value" }, (seconds) => seconds / 30);
  add(nameOf(controllerInstruments.feedbackBacklog), key, () => 3);
  await remoteWrite(url, series);
}
