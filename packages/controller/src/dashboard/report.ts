/** What a dashboard report shows, before it is drawn. */

/** A value at a time; undefined is a gap, and never zero. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly value: number | undefined;
}

/** How values are written. */
export type Unit = "ratio" | "seconds" | "perSecond" | "perMinute" | "lift" | "score" | "count" | "state";

/** A line of a chart. The holdout is drawn alike in every chart. */
export interface Line {
  readonly name: string;
  readonly isHoldout?: boolean;
  readonly points: readonly Point[];
}

/** An estimate with its bounds. */
interface Interval {
  readonly name: string;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** A value that was in force for a time. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly value: string;
}

/** What every panel has. */
interface PanelHead {
  readonly title: string;
  /** What the panel answers. */
  readonly question: string;
  /** The PromQL that shows the same; absent where the controller's own memory was asked. */
  readonly queries?: readonly string[];
  /** Why there is nothing; shown instead of data. */
  readonly problem?: string;
  /** What may be missing, where there is nothing and that is not plain from elsewhere. */
  readonly hint?: string;
}

/** One panel. One without lines, rows or intervals says "no data". */
export type Panel = PanelHead &
  (
    | {
        readonly kind: "lines";
        readonly unit: Unit;
        readonly lines: readonly Line[];
        /** The interval around the first line. */
        readonly band?: { readonly lower: readonly Point[]; readonly upper: readonly Point[] };
        /** Ends of the axis that are always in view. */
        readonly includes?: readonly number[];
        /** Times at which something was changed. */
        readonly marks?: readonly number[];
      }
    | { readonly kind: "intervals"; readonly unit: Unit; readonly intervals: readonly Interval[] }
    | {
        readonly kind: "timeline";
        readonly rows: readonly { readonly name: string; readonly segments: readonly Segment[] }[];
      }
    | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  );

/** A number in a tile; undefined is "no data". */
export interface Tile {
  readonly title: string;
  readonly value: string | undefined;
  readonly note?: string | undefined;
}

/** One operation, or the controller itself. */
export interface Section {
  readonly title: string;
  readonly subtitle: string;
  readonly tiles: readonly Tile[];
  readonly panels: readonly Panel[];
}

/** A span of time, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A whole report. */
export interface Report {
  readonly span: Span;
  /** Where the numbers come from, for people. */
  readonly source: string;
  readonly version: string;
  readonly sections: readonly Section[];
}

/** Has a panel anything to show? */
export function hasData(panel: Panel): boolean {
  if (panel.problem !== undefined) return false;
  if (panel.kind === "lines") return panel.lines.some(({ points }) => points.some(({ value }) => value !== undefined));
  if (panel.kind === "intervals") return panel.intervals.length > 0;
  return panel.kind === "table" ? panel.rows.length > 0 : panel.rows.some(({ segments }) => segments.length > 0);
}
