import type { Migration } from "./migration.ts";

/** Finds out quickly whether any cycle still names a policy. */
export const policiesInUse: Migration = {
  name: "0003-policies-in-use",
  statements: () => ["create index cycles_by_policy on cycles (policy_hash)"],
};
