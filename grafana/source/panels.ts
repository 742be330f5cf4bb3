/** The kinds of panels, each as the house rules want it: a question, a unit, thresholds on purpose, and words where there is no data. */
import * as barGauge from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as stateTimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeSeries from "@grafana/grafana-foundation-sdk/timeseries";
import { DATA_SOURCE } from "./variables.ts";

/** Units as Grafana names them. */
export const unit = {
  ratio: "percentunit",
  utility: "none",
  seconds: "s",
  callsPerSecond: "ops",
  requestsPerSecond: "reqps",
  perMinute: "opm",
  count: "short",
  bytes: "bytes",
  quality: "none",
  state: "none",
} as const;

/** Where a colour begins; the first one begins at the bottom. */
export type Steps = readonly [string, ...(readonly [number, string])[]];

/** For numbers that are neither good nor bad. */
export const NEUTRAL: Steps = ["blue"];
/** For counts of what should not be. */
export const NONE_IS_GOOD: Steps = ["green", [1, "red"]];
/** For shares of calls that succeed. */
export const SUCCESS: Steps = ["red", [0.95, "orange"], [0.99, "green"]];
/** For lifts: below zero learning does harm. */
export const LIFT: Steps = ["red", [0, "green"]];

/** One question to Prometheus. */
interface Query {
  readonly expr: string;
  readonly legend?: string;
  /** Shows single calls with their traces, where the data source has some. */
  readonly withExemplars?: boolean;
}

/** Where a click on a value leads. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** What every panel says of itself. */
export interface PanelSettings {
  readonly title: string;
  /** What somebody wants to know who looks at it. */
  readonly question: string;
  readonly unit: string;
  readonly queries: readonly [Query, ...Query[]];
  /** What is said where there is no data. */
  readonly noValue: string;
  readonly min?: number;
  readonly max?: number;
  readonly steps?: Steps;
  readonly links?: readonly Link[];
  /** Links of the whole panel. */
  readonly panelLinks?: readonly Link[];
  readonly width?: number;
  readonly height?: number;
  readonly decimals?: number;
}

/** A panel that is still to be given its place and its id. */
export interface PlacedPanel {
  readonly width: number;
  readonly height: number;
  build(id: number, place: { readonly x: number; readonly y: number }): dashboard.Panel;
}

/** Colour of the holdout, and of all that has the base values. */
const HOLDOUT_COLOR = "#8e8e8e";

const WIDTH_OF_GRAPH = 8;
const HEIGHT_OF_GRAPH = 8;

/** The parts of all builders that we use. */
interface AnyPanelBuilder extends Builder<dashboard.Panel> {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  datasource(reference: common.DataSourceRef): this;
  gridPos(place: dashboard.GridPos): this;
  links(links: Builder<dashboard.DashboardLink>[]): this;
  dataLinks(links: Builder<dashboard.DashboardLink>[]): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  min(min: number): this;
  max(max: number): this;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): this;
  noValue(text: string): this;
  targets(targets: Builder<Dataquery>[]): this;
  overrideByRegexp(pattern: string, properties: dashboard.DynamicConfigValue[]): this;
}

/** How queries are asked. */
type Asking = "range" | "instant" | "table" | "heatmap";

function finished(
  builder: AnyPanelBuilder,
  settings: PanelSettings,
  asking: Asking,
  size: [number, number],
): PlacedPanel {
  const [width, height] = [settings.width ?? size[0], settings.height ?? size[1]];
  builder
    .title(settings.title)
    .description(settings.question)
    .datasource(DATA_SOURCE)
    .unit(settings.unit)
    .noValue(settings.noValue)
    .thresholds(thresholdsOf(settings.steps ?? NEUTRAL))
    .targets(settings.queries.map((query, index) => targetOf(query, index, asking)));
  if (settings.min !== undefined) builder.min(settings.min);
  if (settings.max !== undefined) builder.max(settings.max);
  if (settings.decimals !== undefined) builder.decimals(settings.decimals);
  if (settings.links !== undefined) builder.dataLinks(settings.links.map(linkOf));
  if (settings.panelLinks !== undefined) builder.links(settings.panelLinks.map(linkOf));
  return {
    width,
    height,
    build: (id, { x, y }) => builder.id(id).gridPos({ x, y, w: width, h: height }).build(),
  };
}

function targetOf({ expr, legend, withExemplars }: Query, index: number, asking: Asking): Builder<Dataquery> {
  const target = new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(DATA_SOURCE)
    .expr(expr);
  target.legendFormat(legend ?? "__auto");
  if (withExemplars === true) target.exemplar(true);
  if (asking === "instant" || asking === "table") target.instant();
  else target.range();
  if (asking === "table") target.format(PromQueryFormat.Table);
  if (asking === "heatmap") target.format(PromQueryFormat.Heatmap);
  return target;
}

function thresholdsOf([first, ...others]: Steps): Builder<dashboard.ThresholdsConfig> {
  const steps = [{ value: null, color: first }, ...others.map(([value, color]) => ({ value, color }))];
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

function linkOf({ title, url }: Link): Builder<dashboard.DashboardLink> {
  return new dashboard.DashboardLinkBuilder(title).url(url).targetBlank(false);
}

/** One number for the whole time range. */
export function number(settings: PanelSettings): PlacedPanel {
  const builder = new stat.PanelBuilder()
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Auto)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false));
  return finished(builder, settings, "instant", [4, 4]);
}

/** Lines over time; what has the base values is grey in all of them. */
export function lines(settings: PanelSettings & { readonly isStacked?: boolean }): PlacedPanel {
  const stacking = settings.isStacked === true ? common.StackingMode.Normal : common.StackingMode.None;
  const builder = new timeSeries.PanelBuilder()
    .legend(legendBelow())
    .tooltip(tooltipOfAll())
    .lineWidth(2)
    .fillOpacity(settings.isStacked === true ? 40 : 6)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .stacking(new common.StackingConfigBuilder().mode(stacking).group("A"))
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName));
  grayBaseValues(builder);
  return finished(builder, settings, "range", [WIDTH_OF_GRAPH, HEIGHT_OF_GRAPH]);
}

/** An estimate with its bounds: queries in the order lower, upper, estimate, with legends that begin so. */
export function interval(settings: PanelSettings): PlacedPanel {
  const builder = new timeSeries.PanelBuilder()
    .legend(legendBelow())
    .tooltip(tooltipOfAll())
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.DashedAndArea))
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName));
  for (const bound of ["lower", "upper"])
    builder.overrideByRegexp(`/^${bound}/`, [
      { id: "custom.lineStyle", value: { fill: "dash", dash: [6, 6] } },
      { id: "custom.lineWidth", value: 1 },
    ]);
  return finished(builder, settings, "range", [WIDTH_OF_GRAPH, HEIGHT_OF_GRAPH]);
}

/** How a histogram is filled over time. */
export function heat(settings: PanelSettings): PlacedPanel {
  const builder = new heatmap.PanelBuilder()
    .calculate(false)
    .cellGap(1)
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme("Oranges")
        .steps(64)
        .exponent(0.5),
    )
    .yAxis(new heatmap.YAxisConfigBuilder().unit(settings.unit).axisPlacement(common.AxisPlacement.Left))
    .showLegend();
  return finished(builder, settings, "heatmap", [WIDTH_OF_GRAPH, HEIGHT_OF_GRAPH]);
}

/** A state over time, by its numbers. */
export function states(
  settings: PanelSettings & { readonly names?: Readonly<Record<string, readonly [string, string]>> },
): PlacedPanel {
  const builder = new stateTimeline.PanelBuilder()
    .showValue(common.VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.85)
    .legend(legendBelow())
    .tooltip(tooltipOfAll())
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  if (settings.names !== undefined) builder.mappings([valueNames(settings.names)]);
  return finished(builder, settings, "range", [WIDTH_OF_GRAPH, HEIGHT_OF_GRAPH]);
}

/** One bar for each series. */
export function bars(settings: PanelSettings): PlacedPanel {
  const builder = new barGauge.PanelBuilder()
    .displayMode(common.BarGaugeDisplayMode.Gradient)
    .orientation(common.VizOrientation.Horizontal)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  return finished(builder, settings, "instant", [WIDTH_OF_GRAPH, HEIGHT_OF_GRAPH]);
}

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly unit?: string;
  readonly decimals?: number;
  /** Where a click on its values leads. */
  readonly links?: readonly Link[];
}

/** A table: its queries' values are the columns, joined by their labels. The time of the answer is left out. */
export function rows(
  settings: PanelSettings & {
    /** The columns of the values, in the order of the queries. */
    readonly columns: readonly Column[];
    /** Labels that have links. */
    readonly labels?: readonly Column[];
    /** Labels that are left out. */
    readonly without?: readonly string[];
    readonly sortBy?: string;
  },
): PlacedPanel {
  const { queries, columns, labels = [], without = [], sortBy } = settings;
  const builder = new table.PanelBuilder().filterable(true).cellHeight(common.TableCellHeight.Sm);
  const valueName = (index: number): string =>
    queries.length === 1 ? "Value" : `Value #${String.fromCharCode(65 + index)}`;
  builder.withTransformation({ id: "merge", options: {} });
  builder.withTransformation({
    id: "organize",
    options: {
      excludeByName: Object.fromEntries(["Time", ...without].map((name) => [name, true])),
      renameByName: Object.fromEntries(columns.map(({ name }, index) => [valueName(index), name])),
    },
  });
  for (const { name, unit: ownUnit, decimals, links } of [...columns, ...labels]) {
    const properties: dashboard.DynamicConfigValue[] = [];
    if (ownUnit !== undefined) properties.push({ id: "unit", value: ownUnit });
    if (decimals !== undefined) properties.push({ id: "decimals", value: decimals });
    if (links !== undefined) properties.push({ id: "links", value: links });
    if (properties.length > 0) builder.overrideByName(name, properties);
  }
  if (sortBy !== undefined) builder.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
  return finished(builder, settings, "table", [24, 9]);
}

function valueNames(names: Readonly<Record<string, readonly [string, string]>>): dashboard.ValueMapping {
  const entries = Object.entries(names).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(entries) };
}

function grayBaseValues(builder: AnyPanelBuilder): void {
  builder.overrideByRegexp("/base-|base values|holdout/", [
    { id: "color", value: { mode: "fixed", fixedColor: HOLDOUT_COLOR } },
  ]);
}

function legendBelow(): Builder<common.VizLegendOptions> {
  return new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .calcs([]);
}

function tooltipOfAll(): Builder<common.VizTooltipOptions> {
  return new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending);
}
