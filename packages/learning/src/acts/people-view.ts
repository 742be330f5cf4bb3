/** What people have set, as a decision shows it. */
import type { Context, ParameterValues } from "@trimtab/conventions";

/** Who did it, when and why. */
export interface ActOrigin {
  /** Unique for ever. */
  readonly id: string;
  /** Who, as they say themselves. */
  readonly who: string;
  /** The name of the token that they showed; absent where none are configured. */
  readonly token?: string;
  /** Why, in the person's own words. */
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The alert that did it; absent where a person did. What a person did goes before it. */
  readonly alert?: AlertOrigin;
}

/** An alert that acts. */
export interface AlertOrigin {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** An override that stands. */
export interface StandingOverride extends ActOrigin {
  readonly context: Context;
  /** What the person named; the other parameters keep what was in force. */
  readonly values: ParameterValues;
  /** Milliseconds since 1970; absent where it has no end. */
  readonly until?: number;
}

/** What people have set and what is due, as it stands after a decision. */
export interface PeopleView {
  /** Who froze the operation; absent where it is not frozen. */
  readonly frozen?: ActOrigin;
  /** Other alerts that hold the freeze, too: it lasts until the last of them has ended. Absent where there are none. */
  readonly alsoFrozenBy?: readonly ActOrigin[];
  /** In the order of their contexts. */
  readonly overrides: readonly StandingOverride[];
  /** Milliseconds since 1970: when the policy's next reset is due. In the past while the operation is frozen. */
  readonly resetDueAt?: number;
  /** Milliseconds since 1970: until when the last reset can be undone. */
  readonly resetUndoUntil?: number;
}
