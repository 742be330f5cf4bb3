import type { Migration } from "./migration.ts";

/** What each operation did hour by hour, later day by day: longer than any metric source keeps it. */
export const trends: Migration = {
  name: "0014-trends",
  statements: (dialect) => {
    // In key order the months of one operation and context lie together.
    const clustered = dialect === "sqlite" ? " without rowid" : "";
    return [
      `create table trends (
        component text not null, operation text not null, context text not null, slot bigint not null,
        span bigint not null, sums text not null, primary key (component, operation, context, slot, span))${clustered}`,
      "create index trends_by_time on trends (span, slot)",
    ];
  },
};
