/** What a look at a controller finds. */

/** One thing that was looked at. */
export interface Finding {
  /** `wrong`: it keeps something from being learned. `note`: it may be meant so. */
  readonly state: "ok" | "wrong" | "note";
  /** What was looked at, e.g. `metrics` or `shop / checkout`. */
  readonly subject: string;
  readonly message: string;
  readonly remedy?: string;
}
