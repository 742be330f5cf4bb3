/** Something stands in the way of the start, and the message says what to do. Nothing is left running. */
export class StartError extends Error {
  override readonly name = "StartError";
}
