/**
 * Has a service stopped a challenger by itself? It gets fewer calls than its share there, so it can be judged no more: neither its
 * calls nor the shares of the others' would be a fair sample. A stop follows a change of shares within a second or two, so most lie in
 * the window that straddles the change, and count.
 */
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

/** The guardrail as it stands in the list. */
export const SERVICE_STOP: Guardrail = { id: "service-stop", effect: "take-back", judge: judgeStops };

function judgeStops({ setting: { id }, role, measured }: GuardrailSubject): GuardrailJudgement {
  const measurements = measured.get(id);
  if (measurements === undefined)
    return { verdict: "unknown", code: "NO_CALLS", sentence: `${id}: no calls in this cycle.`, numbers: {} };
  const { stops = 0 } = measurements;
  if (role !== "challenger" || stops === 0)
    return { verdict: "passed", sentence: `${id}: no service stopped it as a challenger.`, numbers: { stops } };
  const times = stops === 1 ? "" : ` ${stops} times`;
  const sentence = `${id}: the service stopped it by itself${times}, because it failed there far more often than the others.`;
  return { verdict: "violated", code: "STOPPED_BY_SERVICE", sentence, numbers: { stops } };
}
