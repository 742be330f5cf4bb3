/** From an alert to acts: which operations it is about, and what is to be done to them. */
import { createHash } from "node:crypto";
import { type Context, canonicalJson, isContextSubset } from "@trimtab/conventions";
import type { NewAct, Store, StoredAdaptation } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import type { AlertRule } from "../config/alert-settings.ts";

/** One alert of Alertmanager's payload, as far as it is used. */
export interface Alert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly startsAt: string;
  readonly fingerprint?: string | undefined;
}

const MOST_CHANGES = 1_000;
const LONGEST_WHY = 500;

/** Names the alert for people. */
export function alertName({ labels }: Alert): string {
  return (labels["alertname"] ?? "an alert without a name").slice(0, 128);
}

/** The configured operations that its labels name: one, or without `operation` all of the component. */
export function operationsOf({ labels }: Alert, policies: readonly OperationPolicy[]): readonly OperationPolicy[] {
  const { component, operation } = labels;
  return policies.filter(
    (policy) => policy.component === component && (operation === undefined || policy.operation === operation),
  );
}

/**
 * What the alert does to an operation. The same alert gives the same acts with the same ids, however often it comes, so that each
 * is done once.
 */
export async function actsOf(
  alert: Alert,
  rule: AlertRule,
  policy: OperationPolicy,
  { store, now }: { readonly store: Pick<Store, "listAdaptations">; readonly now: number },
): Promise<NewAct[]> {
  const { component, operation } = policy;
  const startedAt = Date.parse(alert.startsAt);
  const name = alertName(alert);
  const base = { component, operation, who: "alert", why: whyOf(alert), at: now, alert: { name, startedAt } };
  const id = (...what: readonly string[]): string => idOf(alert, [component, operation, ...what]);
  if (rule.action === "freeze") {
    const froze = id("freeze");
    if (alert.status === "firing") return [{ ...base, id: froze, kind: "freeze" }];
    return rule.unfreezes ? [{ ...base, id: id("unfreeze"), kind: "unfreeze", froze }] : [];
  }
  if (rule.action === "none" || alert.status === "resolved") return [];
  const context = contextOf(alert, policy);
  const page = await store.listAdaptations({ component, operation, status: "applied" }, { limit: MOST_CHANGES });
  const changes = new Map<string, StoredAdaptation>();
  for (const adaptation of page.items) {
    const appliedAt = adaptation.history.findLast(({ status }) => status === "applied")?.at ?? adaptation.at;
    const isBefore = appliedAt <= startedAt && appliedAt >= startedAt - rule.withinMilliseconds;
    if (isBefore && isContextSubset(context, adaptation.context)) changes.set(adaptation.changeId, adaptation);
  }
  return [...changes.keys()].map((target) => ({ ...base, id: id("roll-back", target), kind: "roll-back", target }));
}

/** The labels `ctx_genre` of the operation's own context keys. */
function contextOf({ labels }: Alert, { context }: OperationPolicy): Context {
  return Object.fromEntries(
    context.flatMap((key) => {
      const value = labels[`ctx_${key}`];
      return value === undefined || value === "" ? [] : [[key, value] as const];
    }),
  );
}

function whyOf(alert: Alert): string {
  const summary = alert.annotations?.["summary"] ?? alert.annotations?.["description"];
  const is = alert.status === "firing" ? "fires" : "has ended";
  return `${alertName(alert)} ${is}${summary === undefined ? "" : `: ${summary}`}`.slice(0, LONGEST_WHY);
}

/** Alertmanager's fingerprint names the labels; with the start, one time that they fired. */
function idOf({ fingerprint, labels, startsAt }: Alert, what: readonly string[]): string {
  const labelled = fingerprint ?? canonicalJson({ ...labels });
  const digest = createHash("sha256").update(JSON.stringify([labelled, Date.parse(startsAt), ...what]));
  return `act-alert-${digest.digest("hex").slice(0, 32)}`;
}
