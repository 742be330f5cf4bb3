/** What the HTTP interface answers, by the types that the controller itself answers with. Nothing of this is there at run time. */

export type { WireDecision } from "../../http/decision-routes.ts";
export type { WireHealth } from "../../http/health-routes.ts";
export type { WirePerformance } from "../../http/performance-routes.ts";
export type { ProblemDocument } from "../../http/problem.ts";
export type { WireSuggestion } from "../../http/suggestion-routes.ts";
export type { WireAct, WirePeople } from "../../http/wire/act-wire.ts";
export type { WireAdaptation, WireExplainedAdaptation } from "../../http/wire/adaptation-wire.ts";
export type {
  WireInterval,
  WireReason,
  WireVariant,
  WireVariantSummary,
} from "../../http/wire/learning-wire.ts";
export type { WireOperation, WireOperationContext, WireOperationSummary } from "../../http/wire/operation-wire.ts";
export type { WireSummary } from "../../http/wire/summary-wire.ts";
