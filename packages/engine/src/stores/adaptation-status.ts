/** Which changes of an adaptation's status are legal: the table at the top of learning's `decision/decision.ts`. */
import type { AdaptationStatus } from "@trimtab/learning";

const SUCCESSORS: Readonly<Record<AdaptationStatus | "new", readonly AdaptationStatus[]>> = {
  new: ["applied", "suggested"],
  suggested: ["approved", "superseded", "rejected"],
  approved: ["applied", "failed"],
  applied: ["superseded", "rolled-back"],
  superseded: [],
  rejected: [],
  "rolled-back": [],
  failed: [],
};

/** @returns What is wrong with the change, or undefined. */
export function adaptationStatusProblem(from: AdaptationStatus | "new", to: AdaptationStatus): string | undefined {
  const successors = SUCCESSORS[from];
  if (successors.includes(to)) return undefined;
  if (successors.length === 0) return `is ${from}, which is final, and cannot become ${to}`;
  return `is ${from} and can become ${successors.join(" or ")}, not ${to}`;
}
