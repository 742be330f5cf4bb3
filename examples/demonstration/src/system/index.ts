/** Several services as one system, run by one command. */
export type { System, SystemHelper, SystemPeople, SystemPlaces, SystemService } from "./system.ts";
export { runSystem } from "./system-demonstration.ts";
