/** The databases that a migration is written for. */
export type SqlDialect = "sqlite" | "postgres";

/** A step from one form of the tables to the next. Once released it never changes: a later one corrects it. */
export interface Migration {
  /** `0001-first`: the number gives the order. */
  readonly name: string;
  /** One SQL statement each; lower-case names, times as bigint milliseconds, JSON as text, no booleans. */
  statements(dialect: SqlDialect): readonly string[];
}
