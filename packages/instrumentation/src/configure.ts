/** Setting up and taking down. */
import { instrumentation } from "./instance.ts";
import type { InstrumentationOptions } from "./options.ts";
import { reportOwnFailure } from "./own-failure.ts";

/**
 * Applies options and, where there is a controller, begins to poll it. What is left out comes from an earlier call, then from
 * the environment, then from the defaults. Never throws.
 */
export function configure(options: InstrumentationOptions = {}): void {
  try {
    instrumentation().configure(options);
  } catch (error) {
    reportOwnFailure("configuring", error);
  }
}

/** Sends what waits for the controller, for a second at most; the connection to it stays. Never rejects. */
export async function flush(): Promise<void> {
  try {
    await instrumentation().deliveries.flush();
  } catch (error) {
    reportOwnFailure("sending what waits", error);
  }
}

/**
 * Sends what waits for the controller, for a second at most, and ends the connection to it. Tracked functions go on as before;
 * `configure` connects again. Never rejects.
 */
export async function shutdown(): Promise<void> {
  try {
    const shared = instrumentation();
    await shared.deliveries.flush();
    shared.disconnect();
  } catch (error) {
    reportOwnFailure("shutting down", error);
  }
}
