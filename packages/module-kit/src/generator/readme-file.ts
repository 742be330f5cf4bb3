/** The README of a generated module, with the checklist of self-learning systems answered for it. */
import type { ModuleNames } from "./module-names.ts";

/** README.md */
export function readmeFile({ file, value, component, words }: ModuleNames): string {
  return `# ${file}

A self-learning module: the ${words}. It works with the values that stand in its code, measures what it does, and learns per context which values
do better. As it was generated it shortens texts by leaving sentences out, and learns how much to keep of each kind of text; replace that work by yours.

\`\`\`sh
npm install
npm test               # valid, adapted and invalid input, feedback, and the contract that every module keeps
npm start              # 20 seconds of texts, and what was learnt
npm run typecheck
\`\`\`

It needs Node 22.18 or newer, which runs its TypeScript as it is; \`npm run build\` writes JavaScript to \`dist/\`.

## Use

\`\`\`ts
import { ${value} } from "${file}";

const module = ${value}.create({ share: 0.4 });
const result = await module.process({ kind: "news", text });
result.data.summary; // and result.quality, result.adaptationApplied, result.executionTimeMilliseconds
await module.processUserFeedback(result.id, 4, "short and clear"); // now, or days later and from another process
const { total, successRate } = await module.getPerformanceMetrics("7d");
\`\`\`

| File | What it answers |
|---|---|
| [configuration.ts](src/configuration.ts) | what a person sets; unknown keys are refused |
| [schemas.ts](src/schemas.ts) | what goes in and what comes out |
| [core.ts](src/core.ts) | the work, without anything of learning |
| [adaptation.ts](src/adaptation.ts) | what may be learnt, within which bounds, by which context |
| [metrics.ts](src/metrics.ts) | how good a result is, 0 to 1 |
| [feedback.ts](src/feedback.ts) | what others say of a result, as a score |
| [errors.ts](src/errors.ts) | what the work throws |
| [module.ts](src/module.ts) | all of it put together |
| [sample-texts.ts](src/sample-texts.ts), [main.ts](src/main.ts) | texts, and a program that shows it learning |

## With a controller

In its own process it learns from its own runs, in memory; \`{ learning: { store: "${component}.db" } }\` keeps that over restarts. With several processes, or where people
shall look at it and decide, a controller learns for all of them. It is the same code with one option, or with an environment variable:

\`\`\`sh
trimtab serve                                             # here: it reads trimtab.yaml; the console is at http://127.0.0.1:4600
TRIMTAB_CONTROLLER_URL=http://127.0.0.1:4600 npm start -- 120
\`\`\`

## The checklist

- [x] **Clear metrics for success and quality.** A run succeeds when its work throws nothing. Quality is [metrics.ts](src/metrics.ts): half for the words that are kept, half for
  the reader's patience.
- [x] **Comprehensive data collection.** Every run: outcome, duration, quality, error type, context and variant, as OpenTelemetry metrics and spans and in \`recentOperations()\`.
- [x] **Feedback loops.** Short: each run is scored at once. Medium: ratings and readings ([feedback.ts](src/feedback.ts)) reach the values that had served, also days later. Long: a
  controller keeps trends over months.
- [x] **Adaptation with guardrails.** [adaptation.ts](src/adaptation.ts): two parameters within bounds and steps; a change needs confidence 0.7; \`trimtab.yaml\` takes back what succeeds
  in less than 90 % of the runs.
- [x] **Logs of all adaptations.** Each with its reason, confidence and evidence: level info where it is applied, warning where it is only suggested, error where it failed; also \`adaptations()\`.
- [x] **Monitoring of learning.** 5 % of the runs keep the base values for ever: the difference to them is what learning is worth (\`trimtab status\`, console).
- [x] **Strategies and parameters documented.** This page and the comments of [adaptation.ts](src/adaptation.ts). The strategy is \`response-surface\`, the default.
- [x] **Tests with simulated feedback.** \`simulateFeedback\` and the scenarios of \`describeModule\`, in [module.test.ts](src/module.test.ts).
- [x] **Rollback.** What turns bad is taken back by itself. By hand: \`trimtab rollback\`; \`enableAdaptation: false\` returns to the base values at once.
- [ ] **Periodic review.** Yours to plan: \`trimtab review --since 30d\` shows changes, their impact and side effects. Put a date into your calendar, and tick this line.
`;
}
