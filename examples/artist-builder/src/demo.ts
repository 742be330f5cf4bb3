/** The artist builder by itself, with simulated people: `node scripts/dev.mjs example artist-builder --help`. */
import { runSystem } from "@trimtab/example-demonstration/system";
import { APPLICANTS, BUILDER, CONFIGURATION, FOLDER } from "./system.ts";

process.exitCode = await runSystem(
  {
    command: "node scripts/dev.mjs example artist-builder --",
    about: `A service makes profiles of artists: it fills in what is missing, holds requests to rules, and corrects what breaks one. Simulated people
say later what they think of the profiles; Trimtab learns the defaults, each rule and the first correction from that.`,
    folder: FOLDER,
    stateName: "artist-builder",
    services: [BUILDER],
    people: [APPLICANTS],
    configurations: [CONFIGURATION],
    rate: 12,
  },
  process.argv.slice(2),
);
