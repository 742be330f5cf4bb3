import type { Migration } from "./migration.ts";

/** What people and programs said later. */
export const feedback: Migration = {
  name: "0005-feedback",
  statements: () => [
    `create table feedback (
      id text not null primary key, received_at bigint not null, type text not null, component text, operation text,
      entity text, source text, target text, score double precision, cycle bigint, feedback text not null)`,
    "create index feedback_by_time on feedback (received_at, id)",
    "create index feedback_by_operation on feedback (component, operation, received_at, id)",
    "create index feedback_by_entity on feedback (entity, received_at, id)",
    `create index feedback_waiting on feedback (component, operation, received_at, id)
      where cycle is null and score is not null`,
  ],
};
