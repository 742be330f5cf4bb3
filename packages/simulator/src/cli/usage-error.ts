/** The command was called in a wrong way; the message says what to write instead. */
export class SimulateUsageError extends Error {
  override readonly name = "SimulateUsageError";
}
