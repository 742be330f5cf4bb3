/** The tracked operations that metrics show at this moment, asked directly: for commands that need no running controller. */
import type { DiscoveredOperation, SourceTarget } from "@trimtab/engine";
import type { Reading } from "@trimtab/learning";
import { fetchPage } from "../sources/embedded/fetch-page.ts";
import type { PageCell } from "../sources/embedded/page-reading.ts";
import { discoveredOperation } from "../sources/embedded/rollup-evidence.ts";
import { createPrometheusSource } from "../sources/prometheus/prometheus-source.ts";
import { createFetch, type TlsSettings } from "../sources/secure-fetch.ts";

/** What was seen. */
export interface Seen {
  readonly operations: Reading<readonly DiscoveredOperation[]>;
  readonly targets: readonly SourceTarget[];
}

/** How far back a Prometheus is asked, in milliseconds. */
const LOOK_BACK_MILLISECONDS = 3_600_000;
const PAGE_TIMEOUT_MILLISECONDS = 5_000;

/** Asks a Prometheus for the operations of the last hour. */
export async function seenInPrometheus(options: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
  readonly timeoutMilliseconds?: number;
  readonly now: number;
}): Promise<Seen> {
  const { now, ...rest } = options;
  const source = createPrometheusSource(rest);
  try {
    const { targets, reachable } = await source.inspect(now); // tells it the scrape interval, too
    if (reachable.kind !== "value") return { operations: reachable, targets };
    return { operations: await source.discoverOperations(now, LOOK_BACK_MILLISECONDS), targets };
  } finally {
    await source.close();
  }
}

/** Reads metrics pages once. The calls are those since the services' start. */
export async function seenOnPages(
  addresses: readonly string[],
  { headers = {}, tls }: { headers?: Readonly<Record<string, string>>; tls?: TlsSettings } = {},
): Promise<Seen> {
  const fetch = createFetch(tls);
  const targets: SourceTarget[] = [];
  const cells: PageCell[] = [];
  for (const address of addresses) {
    const result = await fetchPage(address, { timeoutMilliseconds: PAGE_TIMEOUT_MILLISECONDS, headers, fetch });
    if ("problem" in result) targets.push({ target: address, up: false, problem: result.problem });
    else {
      targets.push({ target: address, up: true, hasOurSeries: result.page.cells.size > 0 });
      cells.push(...result.page.cells.values());
    }
  }
  const byOperation = Map.groupBy(cells, ({ cell }) => JSON.stringify([cell.component, cell.operation]));
  const operations = [...byOperation.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    return [
      discoveredOperation(
        first.cell,
        own.map(({ cell, counters }) => ({ cell, increments: counters })),
      ),
    ];
  });
  return { operations: { kind: "value", value: operations }, targets };
}
