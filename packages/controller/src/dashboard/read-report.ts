/** Reads what a report shows, from the controller and, where there is one, from Prometheus. */
import type { ControllerClient } from "../cli/controller-client.ts";
import type { WireHealth } from "../http/health-routes.ts";
import type { WireAdaptation } from "../http/wire/adaptation-wire.ts";
import type { WireOperation, WireOperationSummary } from "../http/wire/operation-wire.ts";
import type { WireSummary } from "../http/wire/summary-wire.ts";
import type { WireTrend } from "../http/wire/trend-wire.ts";
import type { PrometheusClient } from "../sources/prometheus/prometheus-client.ts";
import { controllerTiles, cycleTable, operationTables, operationTiles } from "./controller-panels.ts";
import { type AskedPanel, controllerPanels, operationPanels, rangeOf } from "./prometheus-panels.ts";
import type { Panel, Section, Span } from "./report.ts";
import { trendPanels, trendStepHours } from "./trend-panels.ts";

/** Where a report is read from. */
export interface ReportSources {
  /** Undefined where none answers; then Prometheus alone is asked. */
  readonly controller: ControllerClient | undefined;
  /** Undefined where the controller has no Prometheus; then its own memory is asked. */
  readonly prometheus: Pick<PrometheusClient, "queryRange"> | undefined;
  readonly span: Span;
}

/** An operation by its name. */
export interface NamedOperation {
  readonly component: string;
  readonly operation: string;
}

/** The most contexts whose memory is read one by one. */
const MOST_CONTEXTS = 12;
/** The most adaptations that are listed. */
const MOST_ADAPTATIONS = 30;
const HOUR_MILLISECONDS = 3_600_000;

/** The operations that the controller knows. */
export async function listOperations(controller: ControllerClient): Promise<readonly WireOperationSummary[]> {
  const operations: WireOperationSummary[] = [];
  for (let path = "/v1/operations?limit=1000"; ; ) {
    const page = await controller.require<{ operations: WireOperationSummary[]; nextCursor?: string }>(path);
    operations.push(...page.operations);
    if (page.nextCursor === undefined) return operations;
    path = `/v1/operations?limit=1000&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** What one operation did, and what learning made of it. */
export async function readOperation(
  { component, operation }: NamedOperation,
  sources: ReportSources,
): Promise<Section> {
  const { controller, prometheus, span } = sources;
  const place = `${encodeURIComponent(component)}/${encodeURIComponent(operation)}`;
  const title = `${component} / ${operation}`;
  if (controller === undefined) {
    const asked = operationPanels(
      { component, operation, holdoutVariants: [], marks: [] },
      rangeOf(span.from, span.to),
    );
    return {
      title,
      subtitle: "Without a controller: what Prometheus has.",
      tiles: [],
      panels: await answered(asked, sources),
    };
  }
  const seconds = Math.round((span.to - span.from) / 1000);
  const whole = await controller.require<WireOperation>(`/v1/operations/${place}`);
  const { status, body: summary } = await controller.get<WireSummary>(`/v1/performance/${place}?period=${seconds}s`);
  const { adaptations } = await controller.require<{ adaptations: WireAdaptation[] }>(
    `/v1/adaptations?component=${encodeURIComponent(component)}&operation=${encodeURIComponent(operation)}&limit=${MOST_ADAPTATIONS}`,
  );
  const marks = adaptations.map(({ at }) => Date.parse(at)).filter((time) => time >= span.from && time <= span.to);
  const isScraped = whole.metrics === "scraped";
  const holdoutVariants = [
    ...new Set(
      whole.states.flatMap(({ variants }) => variants.filter(({ role }) => role === "baseline").map(({ id }) => id)),
    ),
  ];
  const overTime =
    prometheus !== undefined && isScraped
      ? await answered(
          operationPanels({ component, operation, holdoutVariants, marks }, rangeOf(span.from, span.to)),
          sources,
        )
      : await readTrends(whole, place, controller, span, marks);
  return {
    title,
    subtitle: `mode ${whole.mode}, strategy ${whole.strategy}, ${whole.cycles} cycles, holdout ${whole.specification.holdout}`,
    tiles: operationTiles(status < 400 ? summary : undefined, whole),
    panels: besideLift(overTime, operationTables(whole, adaptations)),
  };
}

/** The lift of each context stands behind the lift over time, everything else at the end. */
function besideLift(overTime: readonly Panel[], [liftByContext, ...tables]: readonly Panel[]): Panel[] {
  const after = overTime.findIndex(({ title }) => title === "Lift") + 1;
  return [
    ...overTime.slice(0, after),
    ...(liftByContext === undefined ? [] : [liftByContext]),
    ...overTime.slice(after),
    ...tables,
  ];
}

async function readTrends(
  { states }: WireOperation,
  place: string,
  controller: ControllerClient,
  span: Span,
  marks: readonly number[],
): Promise<Panel[]> {
  const stepHours = trendStepHours(span.to - span.from);
  const hours = Math.max(stepHours, Math.ceil((span.to - span.from) / HOUR_MILLISECONDS));
  const read = (context: Readonly<Record<string, string>>): Promise<WireTrend> => {
    const query = new URLSearchParams({ since: `${hours}h`, step: `${stepHours}h` });
    for (const [key, value] of Object.entries(context)) query.set(`ctx.${key}`, value);
    return controller.require<WireTrend>(`/v1/trends/${place}?${query.toString()}`);
  };
  const contexts: { context: Readonly<Record<string, string>>; trend: WireTrend }[] = [];
  for (const { context } of states.slice(0, MOST_CONTEXTS)) contexts.push({ context, trend: await read(context) });
  return trendPanels(await read({}), contexts, stepHours, marks);
}

/** How the controller itself does; undefined where neither it nor a Prometheus is there to tell. */
export async function readController(sources: ReportSources): Promise<Section | undefined> {
  const { controller, prometheus, span } = sources;
  const health = controller === undefined ? undefined : (await controller.get<WireHealth>("/readyz")).body;
  const panels = prometheus === undefined ? [] : await answered(controllerPanels(rangeOf(span.from, span.to)), sources);
  if (health === undefined && panels.length === 0) return undefined;
  return {
    title: "Controller",
    subtitle:
      health === undefined
        ? "Without a controller: what Prometheus has."
        : "Is it alive, and does it look at everything?",
    tiles: health === undefined ? [] : controllerTiles(health),
    panels: [...panels, ...(health === undefined ? [] : [cycleTable(health)])],
  };
}

/** Puts the questions of panels; one that cannot be answered says why, and the others stay. */
async function answered(asked: readonly AskedPanel[], { prometheus, span }: ReportSources): Promise<Panel[]> {
  const range = rangeOf(span.from, span.to);
  return Promise.all(
    asked.map(async ({ queries, panel, failed }) => {
      const rows = [];
      for (const query of queries) {
        const { reading } = (await prometheus?.queryRange(query, range)) ?? {
          reading: { kind: "error", detail: "no Prometheus" } as const,
        };
        if (reading.kind !== "value") return failed(reading.detail);
        rows.push(reading.value);
      }
      return panel(rows);
    }),
  );
}
