/**
 * Delivers accepted suggestions that name a change: as an act of the person who accepted, decided by the target's operation as any
 * other act is.
 *
 * The act's id is kept with the person's word, so a crash at any point leaves an accepted suggestion whose act can be kept again: the
 * same act is kept once, and decided once.
 */
import type { ActStore, Log, Suggestion, SuggestionStore } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { waitForDecision } from "./http/act-routes.ts";

/** What delivery works with. */
export interface SuggestionDeliveryOptions {
  readonly store: SuggestionStore;
  readonly acts: ActStore;
  readonly policies: () => readonly OperationPolicy[];
  /** Resolves when the act that was kept is decided, here or by the replica that leads; may give up before. */
  readonly decide: (policy: OperationPolicy, act: string) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** What came of a delivery. */
type Delivered =
  /** Delivered, or (status accepted) its act waits for the operation's turn. */
  | { readonly suggestion: Suggestion }
  /** The operation refused the act; the suggestion is open again. */
  | { readonly refusal: string };

/** Delivers. */
export interface SuggestionDelivery {
  /** One that was accepted and names a change; any other is given back as it is. */
  deliver(suggestion: Suggestion): Promise<Delivered>;
  /** All that a crash or a long pass has left behind. */
  deliverWaiting(signal: AbortSignal): Promise<void>;
}

const AT_ONCE = 100;

/**
 * What is refused and cannot be open again, because a newer one of its kind is, is asked about after this time, then after twice as long, and
 * so on: only a person who decides the newer one changes it.
 */
const FIRST_PAUSE_MILLISECONDS = 20_000;
const LONGEST_PAUSE_MILLISECONDS = 3_600_000;

/** Delivery on a store. */
export function createSuggestionDelivery({
  store,
  acts,
  policies,
  decide,
  now,
  log,
}: SuggestionDeliveryOptions): SuggestionDelivery {
  const deliver = async (suggestion: Suggestion): Promise<Delivered> => {
    const { id, status, change, target, act, decidedAt, decidedBy, why, reasoning } = suggestion;
    if (status !== "accepted" || change === undefined || act === undefined) return { suggestion };
    const policy = policies().find((each) => each.component === target && each.operation === change.operation);
    const refuse = async (refusal: string): Promise<Delivered> => {
      await store.reopenSuggestion(id, act);
      log.warning("suggestion refused", { id, target, refusal });
      return { refusal };
    };
    if (policy === undefined) return refuse(`The operation ${target}/${change.operation} is not configured.`);
    const { component, operation } = policy;
    await acts.addAct({
      component,
      operation,
      id: act,
      who: decidedBy ?? "unnamed",
      why: `suggestion ${id}: ${why ?? reasoning}`,
      at: decidedAt ?? now(),
      kind: "override",
      context: change.context,
      values: { [change.parameter]: change.to },
    });
    if ((await acts.getAct(act))?.outcome === undefined) await waitForDecision(decide(policy, act));
    const outcome = (await acts.getAct(act))?.outcome;
    if (outcome === undefined) return { suggestion };
    if (outcome.result === "refused") return refuse(`${outcome.reason.code}: ${outcome.reason.sentence}`);
    const delivered = await store.deliverSuggestion(id, { at: now(), to: `${component}/${operation}` });
    return { suggestion: delivered ?? suggestion };
  };
  const pauses = new Map<string, { readonly until: number; readonly milliseconds: number }>();
  return {
    deliver,
    async deliverWaiting(signal) {
      const waiting = await store.undeliveredSuggestions(AT_ONCE);
      const ids = new Set(waiting.map(({ id }) => id));
      for (const id of pauses.keys()) if (!ids.has(id)) pauses.delete(id);
      for (const suggestion of waiting) {
        if (signal.aborted) return;
        const pause = pauses.get(suggestion.id);
        if (pause !== undefined && now() < pause.until) continue;
        if (!("refusal" in (await deliver(suggestion)))) continue;
        const milliseconds = Math.min(
          LONGEST_PAUSE_MILLISECONDS,
          (pause?.milliseconds ?? FIRST_PAUSE_MILLISECONDS / 2) * 2,
        );
        pauses.set(suggestion.id, { until: now() + milliseconds, milliseconds });
      }
    },
  };
}
