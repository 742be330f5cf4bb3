import type { Migration } from "./migration.ts";

/** Operations, cycles and adaptations. */
export const first: Migration = {
  name: "0001-first",
  statements: () => [
    `create table operations (
      component text not null, operation text not null, cycle bigint not null, window_end bigint not null,
      policy_hash text not null, allocations_since bigint not null, decision text not null, state text not null,
      primary key (component, operation))`,
    `create table cycles (
      component text not null, operation text not null, cycle bigint not null, decided_at bigint not null,
      policy_hash text not null, seed text not null, evidence text not null, allocations_since bigint not null,
      decision text not null, state text, primary key (component, operation, cycle))`,
    "create index cycles_by_time on cycles (decided_at)",
    "create index cycles_by_allocations on cycles (component, operation, allocations_since)",
    `create table allocation_lists (
      component text not null, operation text not null, since_cycle bigint not null, allocations text not null,
      primary key (component, operation, since_cycle))`,
    "create table policies (policy_hash text not null primary key, policy text not null)",
    `create table adaptations (
      id text not null primary key, change_id text not null, component text not null, operation text not null,
      context_id text not null, parameter text not null, decided_at bigint not null, status text not null,
      adaptation text not null)`,
    "create index adaptations_by_time on adaptations (decided_at, id)",
    "create index adaptations_by_operation on adaptations (component, operation, decided_at, id)",
    "create index adaptations_by_status on adaptations (component, operation, status)",
    "create index adaptations_by_change on adaptations (change_id)",
    `create table adaptation_transitions (
      adaptation_id text not null references adaptations (id), number bigint not null, status text not null,
      transitioned_at bigint not null, reason text not null, primary key (adaptation_id, number))`,
  ],
};
