/** The services of the artists as one system: `npm run example:artists -- --help`. */
import { fileURLToPath } from "node:url";
import { APPLICANTS, BUILDER, CONFIGURATION as BUILDER_CONFIGURATION } from "@trimtab/example-artist-builder/system";
import { AUDIENCE, FLOW, CONFIGURATION as FLOW_CONFIGURATION } from "@trimtab/example-artist-flow/system";
import { runSystem } from "@trimtab/example-demonstration/system";
import {
  MODELS,
  ORCHESTRATOR,
  CONFIGURATION as ORCHESTRATOR_CONFIGURATION,
} from "@trimtab/example-llm-orchestrator/system";

const PLAIN_TEXTS = "--plain-texts";

const args = process.argv.slice(2);
const isPlain = args.includes(PLAIN_TEXTS);

process.exitCode = await runSystem(
  {
    command: "npm run example:artists --",
    about: `The services of a label, with one controller: the artist builder makes profiles, the artist flow plans posts of those artists, and the LLM
orchestrator writes them. People, audiences and models are simulated, everything else is real. What is learnt about artists flows from the flow
to the builder: after more than five reports of low engagement about one artist the controller suggests more uniqueness, and the builder
changes the artist.`,
    folder: fileURLToPath(new URL("..", import.meta.url)),
    stateName: "artists",
    helpers: isPlain ? [] : [MODELS],
    services: [...(isPlain ? [] : [ORCHESTRATOR]), BUILDER, FLOW],
    people: [APPLICANTS, AUDIENCE],
    configurations: [...(isPlain ? [] : [ORCHESTRATOR_CONFIGURATION]), BUILDER_CONFIGURATION, FLOW_CONFIGURATION],
    rate: 8,
    furtherOptions: ["--plain-texts      texts are phrases by chance: two services, without the LLM orchestrator"],
    suggestionTarget: BUILDER.component,
  },
  args.filter((each) => each !== PLAIN_TEXTS),
);
