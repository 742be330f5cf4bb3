/**
 * What a person does to an operation, as an input of its next decision: shares and values change nowhere else, so an act is
 * recorded, explained and replayed like everything that the controller does by itself.
 */
import type { Context, ParameterValue, ParameterValues } from "@trimtab/conventions";
import type { AdaptationStatus } from "../decision/decision.ts";
import type { ActOrigin } from "./people-view.ts";

/** The change that an act is about, as it is recorded: parameters that changed together are one change. */
export interface ActChange {
  readonly changeId: string;
  readonly context: Context;
  readonly adaptations: readonly {
    readonly id: string;
    readonly parameter: string;
    readonly oldValue: ParameterValue;
    readonly newValue: ParameterValue;
    readonly status: AdaptationStatus;
  }[];
}

/**
 * What is to be done.
 *
 * `overruledAt` is on the acts of alerts: when a person did the contrary (unfroze the operation after the alert began, or approved
 * the change), as the store knew it at the decision. Milliseconds since 1970; absent where nobody did.
 */
export type ActRequest =
  /** A suggested change is put into force; it is not suggested again; an applied one is taken back to the values before it. */
  | { readonly kind: "approve" | "reject" | "roll-back"; readonly change: ActChange; readonly overruledAt?: number }
  /** These values are served in the context and in every context below it, until the time, or until the release. */
  | {
      readonly kind: "override";
      readonly context: Context;
      readonly values: ParameterValues;
      /** Milliseconds since 1970; absent: until somebody releases it. */
      readonly until?: number;
    }
  | { readonly kind: "release"; readonly context: Context }
  /** What is served stays exactly as it is; learning what the calls say goes on. */
  | { readonly kind: "freeze"; readonly overruledAt?: number }
  /** `froze`: only where the freeze that stands is this act. */
  | { readonly kind: "unfreeze"; readonly froze?: string }
  /** What was learnt counts less from now on; the values in force stay. */
  | { readonly kind: "reset" | "undo-reset" };

/** What a person did. */
export type Act = ActOrigin & ActRequest;

/** What kinds of acts there are. */
export type ActKind = ActRequest["kind"];
