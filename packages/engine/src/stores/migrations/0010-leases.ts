import type { Migration } from "./migration.ts";

/** Who leads, by which term a cycle was recorded, and since when what is served has been served. */
export const leases: Migration = {
  name: "0010-leases",
  statements: (dialect) => [
    `create table leases (
      name text not null primary key, holder text not null, term bigint not null, expires_at bigint not null)`,
    "alter table cycles add column term bigint not null default 0",
    "alter table operations add column allocations_at bigint not null default 0",
    "alter table operations add column explored_at bigint not null default 0",
    ...(dialect === "postgres" ? announcements : []),
  ],
};

/** Other processes hear of what was committed, by the channel that is called like the table. */
const announcements = [
  `create function trimtab_announce() returns trigger language plpgsql as
    'begin perform pg_notify(''trimtab_'' || tg_table_name, ''''); return null; end'`,
  ...["operations", "acts", "feedback"].map(
    (table) => `create trigger ${table}_announce after insert or update on ${table}
      for each statement execute function trimtab_announce()`,
  ),
];
