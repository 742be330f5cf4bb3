/**
 * Which step of adoption is next for an operation, and on what evidence. Pure.
 *
 *   observe -> suggest   calls are measured, and a rehearsal of exactly these settings does no harm
 *   suggest -> auto      people approved changes, and the lift against the holdout says that they help; or a rehearsal does, and
 *                        nothing that was recorded speaks against it
 *   auto                 stays, with a warning where none of this is there
 */
import type { OperationPolicy } from "@trimtab/learning";
import type { WireReview } from "../http/wire/review-wire.ts";
import { signedText } from "./number-text.ts";
import { type ReadRehearsal, rehearsalShortcomings, rehearsalVerdict } from "./rehearsal-evidence.ts";

/** How far back what people decided counts. */
export const REVIEW_PERIOD = "30d";

/** What a controller knows of one operation. */
export interface RecordedEvidence {
  readonly cycles: number;
  readonly contexts: number;
  /** Of all contexts together, over the last day or hour; absent where nothing was measured for so long. */
  readonly callsPerCycle?: number | undefined;
  readonly review: WireReview["operations"][number];
}

/** What there is to judge by. */
export interface AdoptionEvidence {
  /** Undefined where the controller does not know the operation, or was not asked. */
  readonly recorded: RecordedEvidence | undefined;
  /** Could a controller be asked? */
  readonly wasAsked: boolean;
  /** The rehearsals of this operation, the last one last. */
  readonly rehearsals: readonly ReadRehearsal[];
  /** Names the operation's settings, as a rehearsal does. */
  readonly subject: string;
}

/** What to do next. */
export interface AdoptionAdvice {
  /** `next`: a step is recommended. `stay`: evidence is missing, or speaks against it. `founded`: auto, with evidence. `warning`: auto without. */
  readonly kind: "next" | "stay" | "founded" | "warning";
  readonly sentence: string;
  /** What gets the evidence that is missing; absent where nothing is. */
  readonly remedy?: string;
}

/** The advice for an operation; undefined where there is nothing to tune. */
export function adoptionAdvice(policy: OperationPolicy, evidence: AdoptionEvidence): AdoptionAdvice | undefined {
  if (Object.keys(policy.parameters).length === 0) return undefined;
  return policy.mode === "observe" ? beforeSuggest(policy, evidence) : beforeAuto(policy, evidence);
}

function beforeSuggest(policy: OperationPolicy, evidence: AdoptionEvidence): AdoptionAdvice {
  const { recorded } = evidence;
  const rehearsal = judgedRehearsal(evidence);
  const stay = (sentence: string, remedy: string): AdoptionAdvice => ({
    kind: "stay",
    sentence: `Next step: stay at observe. ${sentence}`,
    remedy,
  });
  if (recorded === undefined || recorded.callsPerCycle === undefined) {
    const known = recorded === undefined ? "Nothing is known" : "Too little is known yet";
    return stay(
      `${known} of its calls${evidence.wasAsked ? "" : ", because no controller was asked"}: an hour with calls comes first.`,
      `trimtab serve; "trimtab doctor" tells what keeps it from measuring`,
    );
  }
  const measured = `Measured: about ${Math.round(recorded.callsPerCycle)} calls a cycle in ${counted(recorded.contexts, "context")}`;
  if (rehearsal.kind === "missing")
    return stay(`${measured}. ${rehearsal.sentence}`, rehearseCommand(policy, evidence));
  if (rehearsal.kind === "bad") return stay(`${measured}. ${rehearsal.sentence}`, ADJUST);
  return { kind: "next", sentence: `Next step: suggest. ${measured}; ${rehearsal.sentence}` };
}

/** For suggest, and for auto: the same evidence, once ahead of the step and once after it. */
function beforeAuto(policy: OperationPolicy, evidence: AdoptionEvidence): AdoptionAdvice {
  const { recorded } = evidence;
  const isAuto = policy.mode === "auto";
  const against = recorded === undefined ? [] : speaksAgainst(recorded.review);
  const rehearsal = judgedRehearsal(evidence);
  const no = (sentence: string, remedy: string): AdoptionAdvice =>
    isAuto
      ? { kind: "warning", sentence: `Stands at auto without evidence for it. ${sentence}`, remedy }
      : { kind: "stay", sentence: `Next step: stay at suggest. ${sentence}`, remedy };
  const yes = (sentence: string): AdoptionAdvice =>
    isAuto
      ? { kind: "founded", sentence: `Stands at auto on evidence: ${sentence}` }
      : { kind: "next", sentence: `Next step: auto. ${upperFirst(sentence)}` };
  if (against.length > 0)
    return {
      kind: isAuto ? "warning" : "stay",
      sentence: `${isAuto ? "Stands at auto, and the evidence speaks against it" : "Next step: stay at suggest. The evidence speaks against auto"}: ${against.join("; ")}.`,
      remedy: `trimtab review --since ${REVIEW_PERIOD}; "trimtab explain" tells the reason of each change`,
    };
  const proof = recorded === undefined ? undefined : provenBy(recorded.review);
  if (proof !== undefined) return yes(`${proof}.`);
  if (rehearsal.kind === "good")
    return yes(
      `${rehearsal.sentence} That is the simulator's word alone: how the strategy behaves at this traffic, not what this service wins.`,
    );
  const lacking = recorded === undefined ? unknownTo(evidence) : lackingIn(recorded.review);
  if (rehearsal.kind === "bad") return no(`${lacking} ${rehearsal.sentence}`, ADJUST);
  return no(`${lacking} ${rehearsal.sentence}`, whatGetsProof(policy, evidence));
}

function whatGetsProof(policy: OperationPolicy, evidence: AdoptionEvidence): string {
  const { recorded, wasAsked } = evidence;
  const rehearse = rehearseCommand(policy, evidence);
  if (recorded === undefined) return wasAsked ? rehearse : `trimtab check --url URL of the controller, or ${rehearse}`;
  if (recorded.review.awaiting.length > 0) return "trimtab status; then trimtab approve or reject, each with --why";
  return recorded.review.verdicts.approved === 0
    ? rehearse
    : `trimtab review --since ${REVIEW_PERIOD}: the interval narrows with calls; or ${rehearse}`;
}

const ADJUST = "fewer parameters, larger steps, fewer contexts or longer cycles, and rehearse again";

function unknownTo({ wasAsked }: AdoptionEvidence): string {
  return wasAsked
    ? "The controller does not know this operation."
    : "No controller was asked what people approved, and with what lift.";
}

/** What was recorded that makes a step further unwise. */
function speaksAgainst(review: RecordedEvidence["review"]): string[] {
  const { contextsHarmed, breakers, verdicts, oscillations, sideEffects } = review;
  const worst = review.impact.find(({ verdict, isOverridden }) => verdict === "harms" && !isOverridden);
  const { approved, rejected, rolledBack, takenBack } = verdicts;
  const swinging = oscillations.filter(({ returns }) => returns > 1);
  return [
    ...(contextsHarmed === 0
      ? []
      : [
          `what is served is worse than the holdout in ${counted(contextsHarmed, "context")}${worst === undefined ? "" : `, such as ${nameOf(worst.context)}: ${liftText(worst)}`}`,
        ]),
    ...(breakers.length === 0 ? [] : [`learning rests after harm in ${counted(breakers.length, "context")}`]),
    ...(takenBack === 0 ? [] : [`${counted(takenBack, "change")} had to be taken back in ${REVIEW_PERIOD}`]),
    ...(rejected + rolledBack <= approved || rejected + rolledBack === 0
      ? []
      : [
          `people rejected or rolled back ${rejected + rolledBack} and approved ${approved} changes in ${REVIEW_PERIOD}`,
        ]),
    ...(swinging.length === 0 ? [] : [`values come and go in ${counted(swinging.length, "place")}`]),
    ...sideEffects
      .filter(({ isWorse }) => isWorse)
      .map(({ measure, unit }) => `${measure}${unit === "" ? "" : ` in ${unit}`} is worse than in the holdout`),
  ];
}

/** What people approved and what it brings; undefined where that is not proven. In mode auto the lift is proof enough. */
function provenBy({ mode, verdicts, impact, contextsHelped }: RecordedEvidence["review"]): string | undefined {
  const best = impact.find(({ verdict, isOverridden }) => verdict === "helps" && !isOverridden);
  if (contextsHelped === 0 || best === undefined) return undefined;
  if (verdicts.approved === 0 && mode !== "auto") return undefined;
  const people =
    verdicts.approved === 0
      ? ""
      : `people approved ${counted(verdicts.approved, "change")}, rejected ${verdicts.rejected}; `;
  return `${people}against the holdout it helps in ${counted(contextsHelped, "context")}, such as ${nameOf(best.context)}: ${liftText(best)}, and harms in none`;
}

function lackingIn({ verdicts, impact, awaiting, contextsWithData }: RecordedEvidence["review"]): string {
  const open =
    awaiting.length === 0
      ? ""
      : ` ${counted(awaiting.length, "suggestion")} ${awaiting.length === 1 ? "waits" : "wait"} for a person.`;
  if (verdicts.approved === 0) return `Nobody approved a change in ${REVIEW_PERIOD}.${open}`;
  if (contextsWithData === 0)
    return `People approved ${counted(verdicts.approved, "change")}, but there is no lift yet.${open}`;
  const largest = impact.find(({ isOverridden }) => !isOverridden);
  return `People approved ${counted(verdicts.approved, "change")}, but the lift is not told apart from none${largest === undefined ? "" : ` (${nameOf(largest.context)}: ${liftText(largest)})`}.${open}`;
}

type JudgedRehearsal = { readonly kind: "good" | "bad" | "missing"; readonly sentence: string };

function judgedRehearsal({ rehearsals, subject, recorded }: AdoptionEvidence): JudgedRehearsal {
  const current = rehearsals.findLast((each) => each.report.subject === subject);
  if (current !== undefined) {
    const shortcomings = rehearsalShortcomings(current.report, recorded?.callsPerCycle);
    return shortcomings.length === 0
      ? { kind: "good", sentence: `${rehearsalVerdict(current)}.` }
      : { kind: "bad", sentence: `The rehearsal (${current.file}) is not good enough: ${shortcomings.join("; ")}.` };
  }
  const stale = rehearsals.at(-1);
  return {
    kind: "missing",
    sentence:
      stale === undefined
        ? "There is no rehearsal."
        : `The rehearsal (${stale.file}) is of other settings or another strategy than stand in the file now.`,
  };
}

function rehearseCommand({ component, operation, context }: OperationPolicy, { recorded }: AdoptionEvidence): string {
  const name = `${component}.${operation}`;
  const calls = recorded?.callsPerCycle;
  const traffic =
    calls === undefined
      ? " --calls CALLS-PER-CYCLE"
      : ` --calls ${Math.max(1, Math.round(calls))}${context.length === 0 ? "" : ` --contexts ${Math.max(1, recorded?.contexts ?? 1)}`}`;
  return `trimtab simulate --operation ${name}${traffic} --json > ${name}.json; trimtab check --rehearsal ${name}.json`;
}

function liftText({ estimate, lower, upper }: { estimate: number; lower: number; upper: number }): string {
  return `${signedText(estimate)} (${signedText(lower)} to ${signedText(upper)})`;
}

function nameOf(context: string): string {
  return context === "" ? "every context" : context;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
