/** Several services as one system, run by one command. */

export { runSystem } from "./run-system.ts";
export type { System, SystemHelper, SystemPeople, SystemPlaces, SystemService } from "./system.ts";
