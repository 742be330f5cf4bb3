/** The services of the artists as one system: `npm run example:artists -- --help`. */
import { fileURLToPath } from "node:url";
import { APPLICANTS, BUILDER, CONFIGURATION as BUILDER_CONFIGURATION } from "@trimtab/example-artist-builder/system";
import { AUDIENCE, FLOW, CONFIGURATION as FLOW_CONFIGURATION } from "@trimtab/example-artist-flow/system";
import { runSystem } from "@trimtab/example-demonstration/system";

process.exitCode = await runSystem(
  {
    command: "npm run example:artists --",
    about: `The services of a label, with one controller: the artist builder makes profiles, the artist flow plans and writes posts of those artists.
People, audiences and texts are simulated, everything else is real. What is learnt about artists flows from the flow to the builder:
after more than five reports of low engagement about one artist the controller suggests more uniqueness, and the builder changes it.`,
    folder: fileURLToPath(new URL("..", import.meta.url)),
    stateName: "artists",
    services: [BUILDER, FLOW],
    people: [APPLICANTS, AUDIENCE],
    configurations: [BUILDER_CONFIGURATION, FLOW_CONFIGURATION],
    rate: 12,
    suggestionTarget: BUILDER.component,
  },
  process.argv.slice(2),
);
