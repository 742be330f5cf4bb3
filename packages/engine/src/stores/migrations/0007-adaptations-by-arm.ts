import type { Migration } from "./migration.ts";

/** Tells the two arms of an experiment apart: in each, one adaptation of a parameter may be applied. */
export const adaptationsByArm: Migration = {
  name: "0007-adaptations-by-arm",
  statements: () => ["alter table adaptations add column arm text not null default ''"],
};
