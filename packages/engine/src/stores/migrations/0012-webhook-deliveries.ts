import type { Migration } from "./migration.ts";

/** What webhooks are to be told, one row for each hook and notice; written with what it tells of. */
export const webhookDeliveries: Migration = {
  name: "0012-webhook-deliveries",
  statements: (dialect) => {
    const identity = dialect === "sqlite" ? "integer primary key" : "bigint generated always as identity primary key";
    return [
      `create table webhook_deliveries (
        number ${identity}, id text not null unique, hook text not null, type text not null, created_at bigint not null,
        waiting_since bigint not null, status text not null, attempts bigint not null, next_attempt_at bigint not null,
        last_attempt_at bigint, answer text, payload text not null)`,
      "create index webhook_deliveries_by_hook on webhook_deliveries (hook, status, number)",
      "create index webhook_deliveries_by_status on webhook_deliveries (status, number)",
    ];
  },
};
