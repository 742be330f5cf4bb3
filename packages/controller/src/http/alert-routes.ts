/**
 * Alertmanager's webhook: a firing alert freezes an operation or takes its last changes back, as configured. An alert is no
 * person: whatever a person has set or done stands.
 */
import type { ActStore, NewAct, Store } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { type AlertRule, ruleFor } from "../config/alert-settings.ts";
import { waitForDecision } from "./act-routes.ts";
import { type Alert, actsOf, alertName, operationsOf } from "./alert-acts.ts";
import { type Route, sendJson } from "./route.ts";

/** What the route needs. */
export interface AlertRouteDependencies {
  readonly policies: () => readonly OperationPolicy[];
  readonly rules: () => readonly AlertRule[];
  readonly store: Pick<Store, "listAdaptations">;
  readonly acts: ActStore;
  readonly decide: (policy: OperationPolicy, act: string) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface AlertmanagerBody {
  readonly version?: string | undefined;
  readonly alerts: readonly Alert[];
}

/** What became of an alert on an operation. */
interface AlertResult {
  readonly alert: string;
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
  readonly act?: string | undefined;
  readonly action?: "freeze" | "unfreeze" | "roll-back" | undefined;
  /** ignored: nothing was asked for; kept: it waits for the operation's turn. */
  readonly result: "done" | "refused" | "kept" | "ignored";
  readonly reason: string;
}

const MOST_ALERTS = 1_000;

const labelsSchema = z.record(z.string(), z.string());

const bodySchema: z.ZodType<AlertmanagerBody> = z.looseObject({
  version: z.literal("4").optional().meta({ description: "The version of Alertmanager's payload." }),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(["firing", "resolved"]),
        labels: labelsSchema.meta({ description: "`component` and `operation` say what it is about." }),
        annotations: labelsSchema.optional(),
        startsAt: z.iso.datetime({ offset: true }),
        fingerprint: z.string().max(128).optional(),
      }),
    )
    .max(MOST_ALERTS),
});

const resultsSchema: z.ZodType<{ readonly alerts: readonly AlertResult[] }> = z.strictObject({
  alerts: z.array(
    z.strictObject({
      alert: z.string(),
      component: z.string().optional(),
      operation: z.string().optional(),
      act: z.string().optional().meta({ description: "The act in GET /v1/audit." }),
      action: z.enum(["freeze", "unfreeze", "roll-back"]).optional(),
      result: z.enum(["done", "refused", "kept", "ignored"]),
      reason: z.string(),
    }),
  ),
});

/** The route `POST /v1/alerts`. */
export function alertRoutes(dependencies: AlertRouteDependencies): readonly Route[] {
  const route: Route<unknown, AlertmanagerBody> = {
    method: "post",
    path: "/v1/alerts",
    summary: "Alertmanager's webhook: an alert with the label component freezes or rolls back, as `alerts` says.",
    role: "operate",
    body: { name: "Alerts", schema: bodySchema },
    answers: {
      200: { description: "What became of each alert.", body: { name: "AlertResults", schema: resultsSchema } },
    },
    errors: [],
    async handle({ body }, response) {
      const results: AlertResult[] = [];
      for (const alert of body.alerts) results.push(...(await takeAlert(alert, dependencies)));
      sendJson(response, { alerts: results });
    },
  };
  return [route] as readonly Route[];
}

async function takeAlert(alert: Alert, dependencies: AlertRouteDependencies): Promise<AlertResult[]> {
  const name = alertName(alert);
  const { component, operation } = alert.labels;
  const ignored = (reason: string): AlertResult[] => [{ alert: name, component, operation, result: "ignored", reason }];
  const rule = ruleFor(dependencies.rules(), alert.labels);
  if (rule === undefined) return ignored("no rule of `alerts` fits its labels");
  if (rule.action === "none") return ignored("its rule says none");
  if (component === undefined) return ignored("it has no label component");
  const policies = operationsOf(alert, dependencies.policies());
  if (policies.length === 0) return ignored("no such operation is configured");
  const results: AlertResult[] = [];
  for (const policy of policies) {
    const acts = await actsOf(alert, rule, policy, { store: dependencies.store, now: dependencies.now() });
    for (const act of acts) results.push(await take(act, policy, name, dependencies));
  }
  return results.length > 0 ? results : ignored(nothingToDo(alert, rule));
}

function nothingToDo({ status }: Alert, { action }: AlertRule): string {
  if (action === "roll-back")
    return status === "resolved" ? "what was rolled back stays so" : "no change came into force so shortly before it";
  return "its end does not end the freeze";
}

async function take(
  act: NewAct,
  policy: OperationPolicy,
  alert: string,
  { acts, decide }: AlertRouteDependencies,
): Promise<AlertResult> {
  // Alertmanager repeats what fires: what is known is told again, and not done again.
  if ((await acts.getAct(act.id)) === undefined) {
    await acts.addAct(act);
    await waitForDecision(decide(policy, act.id));
  }
  const { component, operation, id, kind } = act;
  const taken = await acts.getAct(id);
  const told = { alert, component, operation, act: id, action: kind as "freeze" | "unfreeze" | "roll-back" };
  if (taken?.outcome === undefined) return { ...told, result: "kept", reason: "it waits for the operation's turn" };
  const { result, reason } = taken.outcome;
  return { ...told, result: result === "refused" ? "refused" : "done", reason: `${reason.code}: ${reason.sentence}` };
}
