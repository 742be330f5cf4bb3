/** The artist flow by itself, with a simulated audience: `node scripts/dev.mjs example artist-flow --help`. */
import { runSystem } from "@trimtab/example-demonstration/system";
import { AUDIENCE, CONFIGURATION, FLOW, FOLDER } from "./system.ts";

process.exitCode = await runSystem(
  {
    command: "node scripts/dev.mjs example artist-flow --",
    about: `A service plans posts of artists for three audiences, has them written, and publishes them at their time. A simulated audience reacts late;
Trimtab learns posting slot, content strategy, prompt template and the number of drafts for each audience.`,
    folder: FOLDER,
    stateName: "artist-flow",
    services: [FLOW],
    people: [AUDIENCE],
    configurations: [CONFIGURATION],
    rate: 12,
  },
  process.argv.slice(2),
);
