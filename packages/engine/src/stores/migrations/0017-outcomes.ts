import type { Migration } from "./migration.ts";

/** Operations that were reported instead of scraped: how far each was read, which keys were taken, and what was counted. */
export const outcomes: Migration = {
  name: "0017-outcomes",
  statements: (dialect) => {
    const clustered = dialect === "sqlite" ? " without rowid" : "";
    const identity = dialect === "sqlite" ? "integer primary key" : "bigint generated always as identity primary key";
    return [
      `create table outcome_operations (
        component text not null, operation text not null, closed_to bigint not null, reported_at bigint,
        primary key (component, operation))`,
      `create table outcome_keys (
        component text not null, operation text not null, id text not null, ended_at bigint not null, digest text not null,
        primary key (component, operation, id))`,
      "create index outcome_keys_by_time on outcome_keys (ended_at)",
      "create table outcome_marks (name text not null primary key, at bigint not null)",
      `create table outcome_cells (
        id ${identity}, component text not null, operation text not null, variant text not null,
        context text not null, bounds text not null, unique (component, operation, variant, context, bounds))`,
      `create table outcome_increments (
        cell bigint not null, slot bigint not null, increments text not null, primary key (cell, slot))${clustered}`,
    ];
  },
};
