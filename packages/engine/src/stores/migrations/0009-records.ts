import type { Migration } from "./migration.ts";

/** Individual operations, of a sample: the newest of each component. */
export const records: Migration = {
  name: "0009-records",
  statements: () => [
    `create table records (
      component text not null, id text not null, operation text not null, ended_at bigint not null, context text not null,
      record text not null, primary key (component, id))`,
    "create index records_by_time on records (component, ended_at, id)",
    "create index records_by_operation on records (component, operation, ended_at, id)",
  ],
};
