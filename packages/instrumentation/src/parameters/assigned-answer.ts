/**
 * How an answer was assigned that the application carries to its call: only so may the call be counted among those that the shares
 * assigned. A copy of an answer says nothing of that, and its call is not judged.
 */
import type { ChosenVariant } from "./chosen-variant.ts";
import type { ServedParameters } from "./served-parameters.ts";

/** What of the choice concerns the guard. */
export type Assignment = Pick<ChosenVariant, "watched" | "subject">;

const assignments = new WeakMap<ServedParameters, Assignment>();

/** Remembers how an answer was assigned, where a challenger is tried: elsewhere there is nothing to watch. */
export function rememberAssignment(answer: ServedParameters, { watched, subject }: ChosenVariant): void {
  // Without a key the answer itself is what assigns all the calls that it is handed to.
  if (watched !== undefined) assignments.set(answer, { watched, subject: subject ?? answer });
}

/** How an answer was assigned; nothing where nobody remembers. */
export function assignmentOf(answer: ServedParameters): Assignment {
  return assignments.get(answer) ?? {};
}
