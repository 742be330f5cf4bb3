/**
 * What a person does: approve, reject, roll back, override, release, freeze, reset. An act is kept first, and so survives whatever
 * happens next; then the operation decides on it at once, and the answer tells what came of it.
 */
import { randomUUID } from "node:crypto";
import type { ParameterValue } from "@trimtab/conventions";
import type { ActCommand, ActStore, OperationKey, Store, StoredAct } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { ControllerError, type ErrorCode } from "../errors.ts";
import type { Principal } from "./authentication.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Answer, type Route, type RouteRequest, sendJson } from "./route.ts";
import { ACT_KINDS, actSchema, auditPageSchema, wireAct } from "./wire/act-wire.ts";
import { parameterValueSchema } from "./wire/learning-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface ActRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Pick<Store, "getAdaptation" | "listAdaptations">;
  readonly acts: ActStore;
  /** Resolves when the act that was kept is decided, here or by the replica that leads; may give up before. */
  readonly decide: (policy: OperationPolicy, act: string) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A decision that takes longer is not waited for: the act is kept, and is decided when the operation's turn comes. */
const LONGEST_WAIT_MILLISECONDS = 5_000;

const UNNAMED = "unnamed";

interface Reasoned {
  readonly by?: string | undefined;
  readonly why: string;
}

interface OverrideBody extends Reasoned {
  readonly values: Readonly<Record<string, ParameterValue>>;
  readonly until?: string | undefined;
}

const reasoned = {
  by: z
    .string()
    .max(128)
    .regex(/\S/, { error: "is blank" })
    .optional()
    .meta({ description: "Who acts, for the audit." }),
  why: z
    .string()
    .max(1_000)
    .regex(/\S/, { error: "is blank; say why" })
    .meta({ description: "Why, for the audit and for whoever reads the decision." }),
};
const reasonedSchema: z.ZodType<Reasoned> = z.strictObject(reasoned);
const overrideSchema: z.ZodType<OverrideBody> = z.strictObject({
  values: z.record(z.string(), parameterValueSchema).meta({
    description: "The parameters to set; the others keep what is in force.",
  }),
  until: z.iso.datetime().optional().meta({ description: "When the override ends; without it when it is released." }),
  ...reasoned,
});

const ANSWERS: Readonly<Record<number, Answer>> = {
  200: { description: "The act was done.", body: { name: "Act", schema: actSchema } },
  202: { description: "The act is kept and waits for the operation's turn.", body: { name: "Act", schema: actSchema } },
};
const OF_OPERATION: readonly ErrorCode[] = ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "ACT_REFUSED"];

/** Acts on adaptations, overrides and operations, and the audit of all of them. */
export function actRoutes(dependencies: ActRouteDependencies): readonly Route[] {
  const { operations, store, acts, decide, now } = dependencies;
  const take = async (
    { component, operation }: OperationKey,
    { by, why }: Reasoned,
    { token }: Principal,
    command: ActCommand,
  ): Promise<StoredAct> => {
    const policy = operations.find(component, operation);
    const id = `act-${randomUUID()}`;
    const origin = { id, who: by ?? token ?? UNNAMED, why, at: now(), ...(token === undefined ? {} : { token }) };
    await acts.addAct({ component, operation, ...origin, ...command });
    await waitForDecision(decide(policy, id));
    const taken = await acts.getAct(id);
    if (taken === undefined) throw new Error(`the act ${id} was kept and is not there`);
    const { outcome } = taken;
    if (outcome?.result === "refused")
      throw new ControllerError("ACT_REFUSED", `${outcome.reason.code}: ${outcome.reason.sentence}`);
    return taken;
  };
  const answer = (response: Parameters<Route["handle"]>[1], taken: StoredAct): void => {
    sendJson(response.status(taken.outcome === undefined ? 202 : 200), wireAct(taken));
  };
  const onChange = (
    verb: string,
    kind: "approve" | "reject" | "roll-back",
    summary: string,
  ): Route<unknown, Reasoned> => ({
    method: "post",
    path: `/v1/adaptations/{id}/${verb}`,
    summary,
    role: "operate",
    body: { name: "Reasoned", schema: reasonedSchema },
    answers: ANSWERS,
    errors: ["ADAPTATION_UNKNOWN", ...OF_OPERATION],
    async handle({ parameters, body, principal }, response) {
      const target = parameters["id"] ?? "";
      const adaptation =
        (await store.getAdaptation(target)) ??
        (await store.listAdaptations({ changeId: target }, { limit: 1 })).items[0];
      if (adaptation === undefined)
        throw new ControllerError("ADAPTATION_UNKNOWN", `There is no adaptation or change "${target}".`);
      answer(response, await take(adaptation, body, principal, { kind, target }));
    },
  });
  const onOperation = (
    verb: string,
    kind: "freeze" | "unfreeze" | "reset" | "undo-reset",
    summary: string,
  ): Route<unknown, Reasoned> => ({
    method: "post",
    path: `/v1/operations/{component}/{operation}/${verb}`,
    summary,
    role: "operate",
    body: { name: "Reasoned", schema: reasonedSchema },
    answers: ANSWERS,
    errors: OF_OPERATION,
    async handle(request, response) {
      answer(response, await take(operationOf(request), request.body, request.principal, { kind }));
    },
  });
  const override: Route<unknown, OverrideBody> = {
    method: "put",
    path: "/v1/overrides/{component}/{operation}",
    summary: "Serves these values in a context and every context below it, to all but the holdout, whatever is learnt.",
    role: "operate",
    takesContext: true,
    body: { name: "Override", schema: overrideSchema },
    answers: ANSWERS,
    errors: OF_OPERATION,
    async handle(request, response) {
      const { values, until, ...why } = request.body;
      const { context } = request;
      const end = until === undefined ? {} : { until: Date.parse(until) };
      answer(
        response,
        await take(operationOf(request), why, request.principal, { kind: "override", context, values, ...end }),
      );
    },
  };
  const release: Route<Reasoned> = {
    method: "delete",
    path: "/v1/overrides/{component}/{operation}",
    summary: "Ends the override of exactly this context; what was in force before is served again.",
    role: "operate",
    query: reasonedSchema,
    takesContext: true,
    answers: ANSWERS,
    errors: OF_OPERATION,
    async handle(request, response) {
      const { context, query, principal } = request;
      answer(response, await take(operationOf(request), query, principal, { kind: "release", context }));
    },
  };
  return [
    onChange(
      "approve",
      "approve",
      "Puts a suggested change into force, whole; the id of an adaptation or of the change.",
    ),
    onChange("reject", "reject", "Rejects a suggested change; the same values are not tried again in its context."),
    onChange("rollback", "roll-back", "Takes an applied change back to the values before it; it is not made again."),
    override,
    release,
    onOperation("freeze", "freeze", "Keeps what is served exactly as it is, until somebody unfreezes it."),
    onOperation("unfreeze", "unfreeze", "Ends a freeze."),
    onOperation(
      "reset",
      "reset",
      "Makes what was learnt count less; the values in force stay. Can be undone for a week.",
    ),
    onOperation("reset/undo", "undo-reset", "Brings back what was learnt before the last reset."),
    auditRoute(acts),
  ] as readonly Route[];
}

function operationOf({ parameters }: RouteRequest<unknown, unknown>): OperationKey {
  return { component: parameters["component"] ?? "", operation: parameters["operation"] ?? "" };
}

const auditQuery = z.strictObject({
  component: z.string().min(1).optional(),
  operation: z.string().min(1).optional(),
  kind: z.enum(ACT_KINDS).optional(),
  by: z.string().min(1).optional(),
  ...pagingParameters,
});

function auditRoute(acts: ActStore): Route<z.infer<typeof auditQuery>> {
  return {
    method: "get",
    path: "/v1/audit",
    summary: "Who did what, when and why, and what came of it; newest first. Nothing is ever changed or removed.",
    role: "read",
    query: auditQuery,
    answers: { 200: { description: "A page of the audit.", body: { name: "AuditPage", schema: auditPageSchema } } },
    errors: ["CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { component, operation, kind, by } = query;
      const filter = {
        ...(component === undefined ? {} : { component }),
        ...(operation === undefined ? {} : { operation }),
        ...(kind === undefined ? {} : { kind }),
        ...(by === undefined ? {} : { who: by }),
      };
      const { items, nextCursor } = await acts.listActs(filter, pageRequest(query));
      linkNextPage(response, path, query, nextCursor);
      sendJson(response, { acts: items.map(wireAct), nextCursor });
    },
  };
}

/** The act is kept whatever becomes of the pass; a failure is told by the log, and the next pass takes the act. */
export async function waitForDecision(pass: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LONGEST_WAIT_MILLISECONDS);
  });
  await Promise.race([pass.catch(() => {}), tooLong]);
  clearTimeout(timer);
}
