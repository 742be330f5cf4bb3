import type { Migration } from "./migration.ts";

/** Finds the newest adaptation of one context without looking at those of all others. */
export const adaptationsByContext: Migration = {
  name: "0004-adaptations-by-context",
  statements: () => [
    "create index adaptations_by_context on adaptations (component, operation, context_id, decided_at, id)",
  ],
};
