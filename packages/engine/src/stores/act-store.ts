/** The port to what people did: kept for ever, taken by a decision once, never changed. */
import type { Context, ParameterValues } from "@trimtab/conventions";
import type { Act, ActKind, ActOrigin, ActOutcome } from "@trimtab/learning";
import type { OperationKey, Page, PageRequest } from "./store.ts";

/** What is asked for. */
export type ActCommand =
  /** The id of an adaptation or of a change: the whole change is meant. */
  | { readonly kind: "approve" | "reject" | "roll-back"; readonly target: string }
  | {
      readonly kind: "override";
      readonly context: Context;
      readonly values: ParameterValues;
      /** Milliseconds since 1970. */
      readonly until?: number;
    }
  | { readonly kind: "release"; readonly context: Context }
  | { readonly kind: "freeze" | "reset" | "undo-reset" }
  /** `froze`: only where the freeze that stands is this act. */
  | { readonly kind: "unfreeze"; readonly froze?: string };

/** An act on an operation, as a person asked for it. */
export type NewAct = OperationKey & ActOrigin & ActCommand;

/** A person put what another controller had learnt into the store. It is done when it is kept: no decision takes it. */
export type ImportAct = OperationKey &
  ActOrigin & {
    readonly kind: "import";
    /** Milliseconds since 1970: what was learnt until then came in. */
    readonly exportedAt: number;
  };

/** What kinds of acts the audit has. */
export type AuditKind = ActKind | ImportAct["kind"];

/** An act and what became of it. */
export interface StoredAct {
  readonly act: NewAct | ImportAct;
  /** Absent while it waits for a decision. */
  readonly outcome?: Omit<ActOutcome, "act"> & {
    /** The number of the operation's cycle that took it. */
    readonly cycle: number;
    /** Milliseconds since 1970. */
    readonly at: number;
  };
}

/** Which acts are wanted; newest first. */
export interface ActFilter {
  readonly component?: string;
  readonly operation?: string;
  readonly kind?: AuditKind;
  readonly who?: string;
}

/** A store of acts. What a method has resolved for is on disk: it survives `kill -9`. */
export interface ActStore {
  /** Keeps an act; the operation's next decision takes it. The same act again, by its id, is kept once. */
  addAct(act: NewAct): Promise<void>;
  /** Acts of an operation that no decision has taken, in the order in which they were kept, with the changes that they are about. */
  waitingActs(key: OperationKey, limit: number): Promise<readonly Act[]>;
  /** The operations that have such acts. */
  listWaitingOperations(): Promise<readonly OperationKey[]>;
  getAct(id: string): Promise<StoredAct | undefined>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listActs(filter: ActFilter, page: PageRequest): Promise<Page<StoredAct>>;
}
