import type { Migration } from "./migration.ts";

/** What services said of their operations in code: what the file lacks may be registered by it. */
export const declarations: Migration = {
  name: "0018-declarations",
  statements: () => [
    `create table declarations (
      component text not null, operation text not null, declared_at bigint not null, section text not null,
      primary key (component, operation))`,
  ],
};
