/** The configuration of the controller whose metrics the dashboards and rules are checked against: something of everything. */

/** Where the parts are. */
interface Places {
  readonly controllerPort: number;
  readonly prometheusUrl: string;
  /** Path of the SQLite file. */
  readonly store: string;
  /** A webhook's target that answers, and one that does not. */
  readonly hook: string;
  readonly deadHook: string;
}

/** `trimtab.yaml`. Code declares `mix` otherwise, so that there is a declaration that differs. */
export function configurationText({ controllerPort, prometheusUrl, store, hook, deadHook }: Places): string {
  return `controller:
  listen: "127.0.0.1:${controllerPort}"
  interval: 4s
  store: { kind: sqlite, path: "${store}" }
  feedback: { learnAfter: 5 }
metrics: { source: prometheus, url: "${prometheusUrl}", scrapeInterval: 2s }
webhooks:
  - { name: chat, url: "${hook}", secret: whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD, allowPrivate: true }
  - { name: pager, url: "${deadHook}", secret: whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD, allowPrivate: true }
components:
  studio:
    operations:
      write_lyrics:
        context: [genre, mood]
        parameters:
          temperature: { type: number, base: 0.6, min: 0.5, max: 0.8, step: 0.1 }
          model: { type: choice, base: small, choices: [small, large] }
        objective: { quality: 3, success: 1, latency: { weight: 0.5, good: 50ms, bad: 5s }, feedback: { weight: 0.2, attribution: 7d } }
        constraints: [success_rate >= 0.5, p95_latency <= 10s]
        mode: auto
        confidence: 0.7
        holdout: 0.1
        strategy: { kind: threshold-rule, parameter: temperature, below: 0.97, above: 0.99 }
        experiment: { name: rule-or-surface, treatment: response-surface, share: 0.3 }
      render:
        parameters: { level: { type: integer, base: 5, min: 1, max: 9 } }
        objective: { quality: 0.5, success: 0.5 }
        mode: auto
      mix:
        parameters: { gain: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
      browse: { context: [page] }
  translator:
    metrics: reported
    operations:
      translate:
        context: [language]
        parameters: { model: { type: choice, base: small, choices: [small, large] } }
        objective: { quality: 1 }
        mode: suggest
`;
}
