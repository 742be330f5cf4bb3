/** What dashboards and rules are checked against is itself as the product says that it is. */
import {
  contextKeyOfLabel,
  controllerInstruments,
  type Instrument,
  prometheusSeriesNames,
  serviceInstruments,
} from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import { monitored } from "./monitored.ts";
import { queryNow } from "./prometheus-api.ts";
import { HISTORY_HOURS } from "./seeded-history.ts";

const { series, prometheusUrl } = monitored;

/** What Prometheus adds to each series of a target. */
const OF_THE_TARGET = ["instance", "job"];

const instruments: [string, Instrument][] = [
  ...Object.values(serviceInstruments),
  ...Object.values(controllerInstruments),
].flatMap((instrument) => prometheusSeriesNames(instrument).map((name): [string, Instrument] => [name, instrument]));

async function query(promql: string): Promise<number> {
  const [series] = await queryNow(prometheusUrl, promql);
  return Number(series?.value[1]);
}

describe("a real service and a real controller, scraped by a real Prometheus", () => {
  test.each(instruments)("%s has the labels of its instrument and no other", (name, instrument) => {
    const found = Object.keys(series[name] ?? {}).filter((label) => !OF_THE_TARGET.includes(label));
    const own = found.filter((label) => contextKeyOfLabel(label) === undefined);
    expect(own).toEqual([...instrument.labels, ...(name.endsWith("_bucket") ? ["le"] : [])].sort());
    expect(found.length > own.length).toBe(instrument.hasContext && name.startsWith("trimtab_") && hasContexts(name));
  });

  test("every series of the product is an instrument's", () => {
    const known = new Set(instruments.map(([name]) => name));
    expect(Object.keys(series).filter((name) => /^trimtab_[^:]+$/.test(name) && !known.has(name))).toEqual([]);
  });
});

/** The operation whose challengers are stopped has no contexts. */
function hasContexts(name: string): boolean {
  return name !== "trimtab_challenger_stopped_total";
}

describe("the history", () => {
  test("holds calls from its beginning on, and no sample comes before the one that it follows", async () => {
    const hours = HISTORY_HOURS - 1;
    expect(await query(`sum(increase(trimtab_operation_calls_total[${hours}h]))`)).toBeGreaterThan(1_000);
    expect(await query(`count(last_over_time(trimtab_operation_calls_total[20m] offset ${hours}h))`)).toBeGreaterThan(
      10,
    );
    expect(await query("max(resets(trimtab_operation_calls_total[1h]))")).toBeLessThanOrEqual(1);
  });
});
