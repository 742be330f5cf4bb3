import type { Migration } from "./migration.ts";

/** What should be changed because of what was said, and which feedback was looked at for it. */
export const suggestions: Migration = {
  name: "0006-suggestions",
  statements: () => [
    "alter table feedback add column processed_at bigint",
    `create index feedback_unprocessed on feedback (received_at, id) where processed_at is null and entity is not null`,
    "create index feedback_by_entity_and_type on feedback (entity, type, received_at, id)",
    `create table suggestions (
      id text not null primary key, created_at bigint not null, rule text not null, entity text not null, target text,
      status text not null, decided_at bigint, decided_by text, why text, suggestion text not null)`,
    "create index suggestions_by_time on suggestions (created_at, id)",
    "create index suggestions_by_entity on suggestions (entity, rule, created_at)",
    "create unique index suggestions_open on suggestions (entity, rule) where status = 'open'",
  ],
};
