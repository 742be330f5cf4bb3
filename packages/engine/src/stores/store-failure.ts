/** Tells a store that does not answer from a fault of our own. */
import pg from "pg";

/** Codes of Node for a server that cannot be reached, or went away. */
const NETWORK_CODES = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"];

/** The driver has no codes for these. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Did the store itself fail: locked, full, away? What it had acknowledged stays; later tries may succeed. */
export function isStoreFailure(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some((each) => isStoreFailure(each));
  if (!(error instanceof Error)) return false;
  if (error instanceof pg.DatabaseError) return true;
  const code = "code" in error ? String(error.code) : "";
  return code === "ERR_SQLITE_ERROR" || NETWORK_CODES.includes(code) || DRIVER_MESSAGES.test(error.message);
}
