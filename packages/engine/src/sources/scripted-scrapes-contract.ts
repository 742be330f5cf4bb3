/** The stage of the contract of metric sources: real pages over HTTP that change at known instants. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { contextId } from "@trimtab/conventions";
import type { Evidence, Measurements } from "@trimtab/learning";
import type { MetricSource } from "./metric-source.ts";
import { pageText, type ScriptedCell, type ScriptedPage } from "./scripted-page.ts";

/** A source and the way to let it see the pages. */
export interface SourceUnderTest {
  readonly source: MetricSource;
  /** The pages are as they are at this instant (milliseconds since 1970): read them now. */
  scrape(instant: number): Promise<void>;
  /** No scrape follows; what was read must be visible when this resolves. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What a source is built for. */
export interface ScriptedScrapes {
  /** Addresses of the pages. */
  readonly targets: readonly string[];
  readonly intervalMilliseconds: number;
  /** Milliseconds since 1970: nothing was read before. The last slot is in the past. */
  readonly startsAt: number;
}

/** Where the slots of a script lie. */
export interface Script {
  readonly component: string;
  readonly interval: number;
  /** Seconds since 1970 of an instant, in slots. */
  seconds(slot: number): number;
}

/** The page of each target at a slot; undefined while the target is down; a text for a page that is not sound. */
export type PagesAt = (slot: number, script: Script) => readonly (ScriptedPage | string | undefined)[];

/** Milliseconds between two scrapes. */
export const INTERVAL = 15_000;
/** The operation that the pages speak of. */
export const OPERATION = "price";
/** Seconds before the first slot: a process that ran long before anybody looked. */
export const LONG_AGO = 86_400;

let scripts = 0;

/** Lets a source see a script of so many slots. */
export type Play = (slots: number, pagesAt: PagesAt, interval?: number) => Promise<Played>;

/** One process that has run for long and has these cells. */
export function running(cells: (slot: number) => readonly ScriptedCell[]): PagesAt {
  return (slot, script) => [{ processStart: script.seconds(0) - LONG_AGO, cells: cells(slot) }];
}

/** Lets a source see the pages of the slots 0 to `slots - 1`. What it opens is put on the list `closing`. */
export async function playScript(
  build: (scrapes: ScriptedScrapes) => Promise<SourceUnderTest>,
  closing: (() => Promise<void>)[],
  slots: number,
  pagesAt: PagesAt,
  interval: number = INTERVAL,
): Promise<Played> {
  const startsAt = Math.floor((Date.now() - (slots + 4) * interval) / interval) * interval;
  const script: Script = {
    component: `shop-${process.pid}-${++scripts}`,
    interval,
    seconds: (slot) => (startsAt + slot * interval) / 1000,
  };
  let slot = 0;
  const text = (index: number): string | undefined => {
    const page = pagesAt(slot, script)[index];
    return typeof page === "object" ? pageText(script.component, OPERATION, page) : page;
  };
  const servers = await Promise.all(pagesAt(0, script).map((_, index) => servePage(() => text(index))));
  for (const { close } of servers) closing.push(close);
  const targets = servers.map(({ address }) => address);
  const underTest = await build({ targets, intervalMilliseconds: interval, startsAt });
  closing.push(() => underTest.close());
  for (; slot < slots; slot++) await underTest.scrape(startsAt + slot * interval);
  slot = slots - 1;
  await underTest.settle();
  return new Played(underTest.source, script, startsAt);
}

/** A script that a source has seen. */
export class Played {
  readonly source: MetricSource;
  readonly script: Script;
  readonly #startsAt: number;

  constructor(source: MetricSource, script: Script, startsAt: number) {
    this.source = source;
    this.script = script;
    this.#startsAt = startsAt;
  }

  /** Milliseconds since 1970. */
  time(slot: number): number {
    return this.#startsAt + slot * this.script.interval;
  }

  evidence(from: number, to: number, context: readonly string[] = ["genre"]): Promise<Evidence> {
    const window = { from: this.time(from), to: this.time(to) };
    return this.source.readEvidence({ component: this.script.component, operation: OPERATION, context, window });
  }

  /** Measurements by context and variant; an error where any cell has none. */
  async measured(from: number, to: number, context?: readonly string[]): Promise<Record<string, Measurements>> {
    const { cells } = await this.evidence(from, to, context);
    if (cells.kind !== "value") throw new Error(`the evidence is ${cells.kind}: ${cells.detail}`);
    return Object.fromEntries(
      cells.value.map(({ context: of, variant, reading }) => {
        if (reading.kind !== "value")
          throw new Error(`${contextId(of)} ${variant} is ${reading.kind}: ${reading.detail}`);
        return [`${contextId(of)} ${variant}`, reading.value];
      }),
    );
  }

  /** Success, failure and partial by context and variant. */
  async calls(
    from: number,
    to: number,
    context?: readonly string[],
  ): Promise<Record<string, [number, number, number]>> {
    const measured = await this.measured(from, to, context);
    return Object.fromEntries(
      Object.entries(measured).map(([key, { success, failure, partial }]) => [key, [success, failure, partial]]),
    );
  }
}

async function servePage(text: () => string | undefined): Promise<{ address: string; close: () => Promise<void> }> {
  const server: Server = createServer((_request, response) => {
    const page = text();
    response.statusCode = page === undefined ? 503 : 200;
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(page ?? "the service is starting");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
