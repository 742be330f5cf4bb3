import type { Migration } from "./migration.ts";

const TABLES = ["acts", "act_outcomes"];

/** What people did and what became of it. Both tables only grow: the audit can be read and not rewritten. */
export const acts: Migration = {
  name: "0008-acts",
  statements: (dialect) => {
    const identity = dialect === "sqlite" ? "integer primary key" : "bigint generated always as identity primary key";
    return [
      `create table acts (
        number ${identity}, id text not null unique, component text not null, operation text not null,
        kind text not null, who text not null, done_at bigint not null, act text not null)`,
      "create index acts_by_operation on acts (component, operation, number)",
      `create table act_outcomes (
        act_id text not null primary key references acts (id), component text not null, operation text not null,
        cycle bigint not null, place bigint not null, decided_at bigint not null, result text not null,
        reason text not null, act text not null)`,
      "create index act_outcomes_by_cycle on act_outcomes (component, operation, cycle, place)",
      ...TABLES.flatMap((table) => appendOnly(table, dialect)),
    ];
  },
};

function appendOnly(table: string, dialect: "sqlite" | "postgres"): string[] {
  const message = `${table} can only grow`;
  if (dialect === "sqlite") {
    return ["update", "delete"].map(
      (verb) =>
        `create trigger ${table}_no_${verb} before ${verb} on ${table} begin select raise(abort, '${message}'); end`,
    );
  }
  return [
    `create function ${table}_refuse() returns trigger language plpgsql as
      'begin raise exception ''${message}''; end'`,
    `create trigger ${table}_no_change before update or delete on ${table}
      for each statement execute function ${table}_refuse()`,
  ];
}
