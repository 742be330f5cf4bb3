/** Something wrong at a place of a document, told so that a person can mend it. */
export interface Problem {
  /** Where: object keys and array indexes from the root. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what the right form is, without the path. */
  readonly message: string;
}
