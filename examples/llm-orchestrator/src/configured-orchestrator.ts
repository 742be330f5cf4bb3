/** The orchestrator of a process of its own: with the providers of its environment. */
import { orchestratorFor } from "./orchestrator.ts";
import { ProvidersError, readProviders } from "./providers.ts";

/** Builds it. Where the environment is wrong it says so on standard error, and ends the process with exit code 2. */
export function configuredOrchestrator(): ReturnType<ReturnType<typeof orchestratorFor>["create"]> {
  try {
    return orchestratorFor(readProviders(process.env)).create();
  } catch (error) {
    if (!(error instanceof ProvidersError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
