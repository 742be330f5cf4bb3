/** Why a store cannot be opened, as a closed list. */
export type StoreOpenReason =
  | "folder-not-writable"
  | "file-not-writable"
  | "not-a-database"
  | "another-program"
  | "in-use"
  | "newer-version"
  | "older-version"
  | "changed-migration"
  | "unreachable"
  | "refused"
  | "failed";

/** The store cannot be opened. Nothing was changed in it; the program cannot start on it. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
  readonly code = "STORE_OPEN_FAILED";
  readonly path: string;
  readonly reason: StoreOpenReason;
  /** What a person can do about it, as a sentence. */
  readonly remedy: string;

  constructor(
    problem: { path: string; reason: StoreOpenReason; message: string; remedy: string },
    options?: { cause: unknown },
  ) {
    super(`The store ${problem.path} ${problem.message}. ${problem.remedy}`, options);
    this.path = problem.path;
    this.reason = problem.reason;
    this.remedy = problem.remedy;
  }
}
