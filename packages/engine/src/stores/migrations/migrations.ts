import { first } from "./0001-first.ts";
import { rollups } from "./0002-rollups.ts";
import { policiesInUse } from "./0003-policies-in-use.ts";
import { adaptationsByContext } from "./0004-adaptations-by-context.ts";
import { feedback } from "./0005-feedback.ts";
import { suggestions } from "./0006-suggestions.ts";
import { adaptationsByArm } from "./0007-adaptations-by-arm.ts";
import { acts } from "./0008-acts.ts";
import { records } from "./0009-records.ts";
import { leases } from "./0010-leases.ts";
import { webhookDeliveries } from "./0012-webhook-deliveries.ts";
import { trends } from "./0014-trends.ts";
import { suggestionDelivery } from "./0015-suggestion-delivery.ts";
import { outcomes } from "./0017-outcomes.ts";
import { declarations } from "./0018-declarations.ts";
import type { Migration } from "./migration.ts";

/** Every migration, in order. Forward only. */
export const migrations: readonly Migration[] = [
  first,
  rollups,
  policiesInUse,
  adaptationsByContext,
  feedback,
  suggestions,
  adaptationsByArm,
  acts,
  records,
  leases,
  webhookDeliveries,
  trends,
  suggestionDelivery,
  outcomes,
  declarations,
];
