/** What a call says it used and what came of it: cost by unit, tokens and engagement by type. Checked in one place for all who count. */
import type { TokenType } from "@trimtab/conventions";
import { labelValue } from "./label-values.ts";
import type { CountKind } from "./metrics/measured-call.ts";
import { warnOnce } from "./own-failure.ts";

/** Tokens that a language model read and wrote for a call. */
export type TokenUse = { readonly [Type in TokenType]?: number | undefined };

/** The unit in which tokens of all types together count as cost, so that an objective may weigh them. */
const TOKEN_UNIT = "tokens";

/** Where amounts are added to. Labels are ready for the page. */
export interface AmountSink {
  addCost(amount: number, unit: string): void;
  addCount(kind: CountKind, type: string, amount: number): void;
}

/** The amounts of a call that has not ended. */
export class CallAmounts implements AmountSink {
  costs: Map<string, number> | undefined;
  counts: Map<CountKind, Map<string, number>> | undefined;

  addCost(amount: number, unit: string): void {
    this.costs ??= new Map();
    this.costs.set(unit, (this.costs.get(unit) ?? 0) + amount);
  }

  addCount(kind: CountKind, type: string, amount: number): void {
    this.counts ??= new Map();
    let byType = this.counts.get(kind);
    if (byType === undefined) {
      byType = new Map();
      this.counts.set(kind, byType);
    }
    byType.set(type, (byType.get(type) ?? 0) + amount);
  }
}

/** A score from 0 to 1. */
export function isQuality(score: unknown): score is number {
  return typeof score === "number" && score >= 0 && score <= 1;
}

/** Finite and not below zero. */
export function isAmount(amount: unknown): amount is number {
  return typeof amount === "number" && Number.isFinite(amount) && amount >= 0;
}

/** The label of a cost's unit; undefined, and told once, where amount or unit are none. */
export function unitOf(operation: string, amount: unknown, unit: unknown): string | undefined {
  if (isAmount(amount) && isName(unit)) return labelValue(unit);
  warnOnce(`cost:${operation}`, `operation "${operation}" got a cost that is no amount with a unit; it is ignored`);
  return undefined;
}

/** Adds tokens by type, and all together as cost; what is no amount is left out, and told once. */
export function addTokens(sink: AmountSink, operation: string, used: TokenUse): void {
  let total = 0;
  for (const type of ["input", "output"] as const) {
    const amount = used[type];
    if (amount === undefined) continue;
    if (isAmount(amount)) {
      sink.addCount("tokens", type, amount);
      total += amount;
    } else warnOnce(`tokens:${operation}`, `operation "${operation}" got tokens that are no amount; they are ignored`);
  }
  if (total > 0) sink.addCost(total, TOKEN_UNIT);
}

/** Adds engagement; what is no amount with a type is left out, and told once. */
export function addEngagement(sink: AmountSink, operation: string, type: unknown, amount: unknown): void {
  if (isAmount(amount) && isName(type)) sink.addCount("engagement", labelValue(type), amount);
  else {
    const problem = `operation "${operation}" got engagement that is no amount with a type; it is ignored`;
    warnOnce(`engagement:${operation}`, problem);
  }
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
