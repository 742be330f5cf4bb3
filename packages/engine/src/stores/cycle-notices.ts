/** What a recorded cycle tells to webhooks: changes, breakers that moved, and what people did. Pure. */
import { contextId } from "@trimtab/conventions";
import type { Act, Adaptation, AdaptationStatus, ContextDecision, Decision, Reason } from "@trimtab/learning";
import type { Notice, NoticeType } from "./delivery-store.ts";
import type { CycleRecord } from "./store.ts";

/** A cycle over thousands of contexts must not fill the outbox: of what goes beyond this only the number is told. */
const MOST_NOTICES_PER_CYCLE = 200;

/** What becomes of an adaptation and is told; that it was approved is told by its becoming applied. */
const TOLD: Partial<Readonly<Record<AdaptationStatus, NoticeType>>> = {
  suggested: "adaptation.suggested",
  applied: "adaptation.applied",
  rejected: "adaptation.rejected",
  "rolled-back": "adaptation.rolled_back",
  failed: "adaptation.failed",
};

const ACTS: Partial<Readonly<Record<Act["kind"], NoticeType>>> = {
  override: "override.set",
  release: "override.ended",
  freeze: "operation.frozen",
  unfreeze: "operation.unfrozen",
  reset: "operation.reset",
  "undo-reset": "operation.reset_undone",
};

/** What a decision needs beside itself to be told. */
export interface NoticeSource {
  /** The adaptations of the decision's transitions, as they are stored. */
  readonly earlier: ReadonlyMap<string, Adaptation>;
  /** What was decided for each context before; undefined where nothing was. */
  readonly before: Pick<Decision, "contexts"> | undefined;
}

/** The notices of a cycle, in the order: people's acts, changes, breakers. */
export function cycleNotices(record: Pick<CycleRecord, "cycle" | "decision" | "acts">, source: NoticeSource): Notice[] {
  const { decision, cycle } = record;
  const { component, operation, at } = decision;
  const place = { component, operation, decision: decision.id, cycle };
  const notices: Notice[] = [
    ...actNotices(record).map(({ type, data }) => ({ type, at, data: { ...place, ...data } })),
    ...changeNotices(record, source.earlier).map(({ type, data }) => ({ type, at, data: { ...place, ...data } })),
    ...breakerNotices(decision.contexts, source.before).map(({ type, data }) => ({
      type,
      at,
      data: { ...place, ...data },
    })),
  ];
  if (notices.length <= MOST_NOTICES_PER_CYCLE) return notices;
  const kept = notices.slice(0, MOST_NOTICES_PER_CYCLE - 1);
  const omitted: Record<string, number> = {};
  for (const { type } of notices.slice(kept.length)) omitted[type] = (omitted[type] ?? 0) + 1;
  return [...kept, { type: "notices.omitted", at, data: { ...place, omitted } }];
}

/** Has any context's breaker a state that may have changed? Spares reading the last decision where none has. */
export function mayTellOfBreakers(contexts: readonly ContextDecision[], decisionBefore: string | undefined): boolean {
  return decisionBefore?.includes('"breaker":') === true || contexts.some(({ breaker }) => breaker !== undefined);
}

type Told = Pick<Notice, "type" | "data">;

function actNotices({ decision, acts }: Pick<CycleRecord, "decision" | "acts">): Told[] {
  return (decision.acts ?? []).flatMap(({ act: id, result, reason }): Told[] => {
    if (result === "refused" || reason.code === "ALERT_FREEZE_STAYS") return []; // what is frozen stays so
    const act = acts?.find((each) => each.id === id);
    if (result === "ended") return [{ type: "override.ended", data: { act: id, reason } }];
    if (act === undefined) return id === "schedule" ? [{ type: "operation.reset", data: { act: id, reason } }] : [];
    const type = ACTS[act.kind];
    if (type === undefined) return []; // the change that it is about is told
    const { who, why, at: doneAt, kind: _, ...rest } = act;
    const { id: _id, ...what } = rest;
    return [{ type, data: { ...what, act: id, by: who, why, doneAt: new Date(doneAt).toISOString(), reason } }];
  });
}

interface Change {
  readonly type: NoticeType;
  readonly reason: Reason;
  readonly first: Adaptation;
  readonly parameters: { adaptation: string; parameter: string; oldValue: unknown; newValue: unknown }[];
}

function changeNotices(
  { decision, acts }: Pick<CycleRecord, "decision" | "acts">,
  earlier: ReadonlyMap<string, Adaptation>,
): Told[] {
  const changes = new Map<string, Change>();
  const tell = (adaptation: Adaptation, status: AdaptationStatus, reason: Reason): void => {
    const type = TOLD[status];
    if (type === undefined) return;
    const place = `${type} ${adaptation.changeId}`;
    const change = changes.get(place) ?? { type, reason, first: adaptation, parameters: [] };
    const { id, parameter, oldValue, newValue } = adaptation;
    change.parameters.push({ adaptation: id, parameter, oldValue, newValue });
    changes.set(place, change);
  };
  for (const adaptation of decision.adaptations) tell(adaptation, adaptation.status, adaptation.reason);
  for (const { id, status, reason } of decision.transitions) {
    const adaptation = earlier.get(id);
    if (adaptation !== undefined) tell(adaptation, status, reason);
  }
  return [...changes.values()].map(({ type, reason, first, parameters }) => {
    const { changeId, context, confidence, experiment } = first;
    const act = acts?.find((each) => "change" in each && each.change.changeId === changeId);
    return {
      type,
      data: {
        change: changeId,
        context,
        parameters,
        confidence,
        reason,
        ...(experiment === undefined ? {} : { experiment }),
        ...(act === undefined ? {} : { act: act.id, by: act.who, why: act.why }),
      },
    };
  });
}

const MOVES = { open: "breaker.opened", "half-open": "breaker.half_opened", closed: "breaker.closed" } as const;

function breakerNotices(contexts: readonly ContextDecision[], before: NoticeSource["before"]): Told[] {
  const placeOf = ({ context, arm }: ContextDecision): string => `${arm ?? ""} ${contextId(context)}`;
  const earlier = new Map((before?.contexts ?? []).map((each) => [placeOf(each), each.breaker ?? "closed"] as const));
  return contexts.flatMap((each): Told[] => {
    const { breaker = "closed", context, arm, reason, lift } = each;
    if (breaker === (earlier.get(placeOf(each)) ?? "closed")) return [];
    const measured = lift && { estimate: lift.estimate, lower: lift.lower, upper: lift.upper, level: lift.level };
    return [
      {
        type: MOVES[breaker],
        data: {
          context,
          ...(arm === undefined ? {} : { arm }),
          reason,
          ...(measured === undefined ? {} : { lift: measured }),
        },
      },
    ];
  });
}
