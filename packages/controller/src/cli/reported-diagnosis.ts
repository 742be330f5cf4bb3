/** Why is nothing learned about an operation that services report? Pure. */
import { controllerInstruments, prometheusName } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import type { Finding } from "./finding.ts";
import { type DecisionFacts, decisionFindings, modeFindings } from "./operation-diagnosis.ts";

const COUNTED = prometheusName(controllerInstruments.outcomeItems);

/** What a controller says of an operation that is reported instead of scraped. */
export interface ReportFacts {
  readonly component: string;
  readonly operation: string;
  /** How long ago the last report arrived, in seconds; absent where none has. */
  readonly secondsAgo?: number | undefined;
}

/** Silence for longer than this is worth a word, in seconds. */
const LONG_SILENCE_SECONDS = 3_600;

/** What is to be said of one configured operation whose outcomes are reported. */
export function reportedFindings(
  policy: OperationPolicy,
  { secondsAgo }: ReportFacts,
  decided: DecisionFacts | undefined,
): Finding[] {
  const subject = `${policy.component} / ${policy.operation}`;
  if (secondsAgo === undefined) {
    return [
      {
        state: "wrong",
        subject,
        message: "its outcomes are reported, and none has arrived yet",
        remedy: `Send them to POST /v1/outcomes with a token of the role feedback, and look at \`refused\` in the answer; ${COUNTED} counts both.`,
      },
    ];
  }
  const findings: Omit<Finding, "subject">[] = [
    ...modeFindings(policy),
    ...(decided === undefined ? [] : decisionFindings(decided)),
  ];
  if (secondsAgo > LONG_SILENCE_SECONDS) {
    findings.push({
      state: "note",
      message: `the last outcome was reported ${Math.round(secondsAgo / 60)} minutes ago`,
      remedy: "Is the service in use, and does its report get through?",
    });
  }
  if (findings.length === 0)
    findings.push({ state: "ok", message: `the last outcome was reported ${Math.round(secondsAgo)} s ago` });
  return findings.map((finding) => ({ ...finding, subject }));
}
