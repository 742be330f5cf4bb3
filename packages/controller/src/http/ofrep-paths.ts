/** The addresses of the remote evaluation protocol, and of what belongs to it. */

/** All flags; one flag has its key behind a slash. */
export const FLAGS_PATH = "/ofrep/v1/evaluate/flags";

/** Where changes of flags are told; the address is never made by hand, a bulk evaluation gives it. */
export const FLAG_CHANGES_PATH = "/v1/flag-changes";
