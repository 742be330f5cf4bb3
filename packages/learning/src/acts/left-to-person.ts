/** What a cycle decides for a context that a person has set: it holds, and a breach is told and left to the person. */
import type { ContextDecision } from "../decision/decision.ts";
import type { Breach } from "../decision/roll-back.ts";
import type { PeopleMemory } from "./people-memory.ts";
import type { StandingOverride } from "./people-view.ts";

/** The decision; undefined where nobody has set anything. */
export function leftToPerson(
  { frozen }: PeopleMemory,
  override: StandingOverride | undefined,
  breaches: readonly Breach[],
): Pick<ContextDecision, "kind" | "reason" | "refused"> | undefined {
  const origin = override ?? frozen;
  if (origin === null) return undefined;
  // An alert is no person: what breaks a limit is taken back under its freeze, too.
  if (origin.alert !== undefined && breaches.length > 0) return undefined;
  const sentence = `${origin.who} ${override === undefined ? "froze the operation" : "set the values of the context"}: ${origin.why}`;
  const [first] = breaches;
  if (first === undefined)
    return { kind: "hold", reason: { code: override === undefined ? "FROZEN" : "OVERRIDDEN", sentence }, refused: [] };
  const reason = { code: "BREACH_LEFT_TO_PERSON", sentence: `${first.reason.sentence} ${sentence}` } as const;
  return { kind: "hold", reason, refused: breaches };
}
