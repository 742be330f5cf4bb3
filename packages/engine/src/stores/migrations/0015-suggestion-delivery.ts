import type { Migration } from "./migration.ts";

/** What became of accepted suggestions: the act that makes the change, and when the target had it. */
export const suggestionDelivery: Migration = {
  name: "0015-suggestion-delivery",
  statements: () => [
    "alter table suggestions add column act text",
    "alter table suggestions add column delivered_at bigint",
    "alter table suggestions add column delivered_to text",
    "create index suggestions_undelivered on suggestions (created_at) where status = 'accepted' and act is not null",
  ],
};
