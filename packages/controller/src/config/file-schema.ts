/**
 * What may stand in trimtab.yaml: the one definition that validates the file, that the JSON Schema for editors is generated from,
 * and that the reference of the configuration is tested against. Structure only; meaning is checked where it is known.
 */
import { z } from "zod";
import { parseConstraint } from "./constraint-text.ts";
import { DEFAULTS } from "./defaults.ts";
import { durationProblem } from "./duration-text.ts";
import { httpUrlProblem } from "./http-url.ts";
import { parseListenAddress } from "./listen-address.ts";

/** A secret: the text itself, or where it is. Exactly one of the three. */
export interface SecretSection {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly tokenEnvironment?: string | undefined;
}

/** One bearer token that callers may use. */
export interface TokenSection extends SecretSection {
  readonly name: string;
  readonly roles: readonly Role[];
}

/**
 * What a token allows.
 *
 *   read       GET of everything, and the console
 *   evaluate   allocations and parameters
 *   feedback   feedback, outcomes and records
 *   operate    everything, also what changes something
 */
export type Role = "read" | "evaluate" | "feedback" | "operate";

/** Every role. */
const ROLES: readonly Role[] = ["read", "evaluate", "feedback", "operate"];

/** The section `metrics` with a Prometheus. */
interface PrometheusSection extends SecretSection {
  readonly source: "prometheus";
  readonly url: string;
  readonly timeout?: string | undefined;
  readonly scrapeInterval?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The section `metrics` where the controller scrapes the services itself. */
interface EmbeddedSection extends SecretSection {
  readonly source: "embedded";
  readonly scrape: readonly string[];
  readonly scrapeInterval?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** One part of an objective as it is written. */
export type RatioSection = number | { readonly weight: number };

/** One operation as it is written. */
export interface OperationSection {
  readonly context?: readonly string[] | undefined;
  readonly parameters?: Readonly<Record<string, ParameterSection>> | undefined;
  readonly objective?:
    | {
        readonly quality?: RatioSection | undefined;
        readonly success?: RatioSection | undefined;
        readonly latency?: { readonly weight: number; readonly good: string; readonly bad: string } | undefined;
        readonly cost?: { readonly weight: number; readonly unit: string; readonly reference: number } | undefined;
      }
    | undefined;
  readonly constraints?: readonly string[] | undefined;
  readonly mode?: "observe" | "suggest" | "auto" | undefined;
  readonly confidence?: number | undefined;
  readonly holdout?: number | undefined;
  readonly strategy?: string | { readonly kind: string; readonly [option: string]: unknown } | undefined;
}

/** One parameter as it is written. */
export type ParameterSection =
  | {
      readonly type: "number" | "integer";
      readonly base: number;
      readonly min: number;
      readonly max: number;
      readonly step?: number | undefined;
      readonly scale?: "linear" | "log" | undefined;
      readonly largestStep?: number | undefined;
    }
  | { readonly type: "choice"; readonly base: string; readonly choices: readonly string[] }
  | { readonly type: "boolean"; readonly base: boolean };

/** The whole file. */
export interface ConfigFile {
  readonly controller?:
    | {
        readonly listen?: string | undefined;
        readonly interval?: string | undefined;
        readonly store?:
          | { readonly kind: "sqlite"; readonly path?: string | undefined; readonly keepDecisions?: string | undefined }
          | undefined;
        readonly tokens?: readonly TokenSection[] | undefined;
      }
    | undefined;
  readonly metrics: PrometheusSection | EmbeddedSection;
  readonly components: Readonly<Record<string, { readonly operations: Readonly<Record<string, OperationSection>> }>>;
}

/** A text whose every mistake has a message of its own. */
function text(problem: (value: string) => string | undefined, description: string, example: string): z.ZodType<string> {
  return z
    .string()
    .superRefine((value, context) => {
      const message = problem(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description, examples: [example] });
}

function duration(description: string, example: string): z.ZodType<string> {
  return z
    .string({ error: ({ input }) => durationProblem(input) })
    .superRefine((value, context) => {
      const message = durationProblem(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description, examples: [example], pattern: "^\\s*\\d+(\\.\\d+)?(ms|s|m|h|d|w)\\s*$" });
}

function url(description: string, example: string): z.ZodType<string> {
  return text(httpUrlProblem, description, example);
}

const secret = {
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The bearer token itself. Rather keep it outside of this file.", examples: ["s3cret"] }),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "A file that holds the token; relative to this file.", examples: ["./token"] }),
  tokenEnvironment: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The environment variable that holds the token.", examples: ["PROMETHEUS_TOKEN"] }),
};

const controller = z
  .strictObject({
    listen: z
      .string({
        error: ({ input }) =>
          input === undefined
            ? undefined
            : typeof input === "number"
              ? `${input} is no address; write "127.0.0.1:${input}"`
              : undefined,
      })
      .superRefine((value, context) => {
        const address = parseListenAddress(value);
        if ("problem" in address) context.addIssue({ code: "custom", message: address.problem });
      })
      .optional()
      .meta({
        description: "Address and port of the HTTP interface. Other machines can reach it only where tokens are set.",
        default: DEFAULTS.listen,
        examples: ["0.0.0.0:4600"],
      }),
    interval: duration("How often each operation is looked at.", "10s").optional().meta({ default: DEFAULTS.interval }),
    store: z
      .strictObject({
        kind: z.literal("sqlite").meta({ description: "What keeps decisions, adaptations and state." }),
        path: z
          .string()
          .min(1)
          .optional()
          .meta({
            description: "The database file; relative to this file.",
            default: DEFAULTS.storePath,
            examples: ["/var/lib/trimtab/trimtab.db"],
          }),
        keepDecisions: duration(
          "How long decisions with their evidence are kept; adaptations are kept for ever.",
          "30d",
        )
          .optional()
          .meta({ default: DEFAULTS.keepDecisions }),
      })
      .optional(),
    tokens: z
      .array(
        z.strictObject({
          name: z
            .string()
            .min(1)
            .meta({ description: "Names the token in logs.", examples: ["grafana"] }),
          roles: z
            .array(z.enum(ROLES))
            .min(1)
            .meta({ description: "What the token allows: read, evaluate, feedback, operate.", examples: [["read"]] }),
          ...secret,
        }),
      )
      .optional()
      .meta({ description: "Bearer tokens. With none, everybody who reaches the port may do everything." }),
  })
  .meta({ description: "The controller itself." });

const headers = z
  .record(z.string(), z.string())
  .optional()
  .meta({ description: "Further headers of each request.", examples: [{ "X-Scope-OrgID": "team" }] });

const metrics = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z
        .literal("prometheus")
        .meta({ description: "Where the services' metrics are: a Prometheus, or (embedded) the services themselves." }),
      url: url("The Prometheus server, with a path prefix where it has one.", "http://127.0.0.1:9090"),
      timeout: duration("How long one query may take.", "5s").optional().meta({ default: DEFAULTS.prometheusTimeout }),
      scrapeInterval: duration(
        "The interval at which Prometheus scrapes the services; without it, Prometheus is asked.",
        "15s",
      ).optional(),
      headers,
      ...secret,
    }),
    z.strictObject({
      source: z
        .literal("embedded")
        .meta({ description: "The controller scrapes the services itself and keeps what it needs in its store." }),
      scrape: z
        .array(url("A metrics page.", "http://127.0.0.1:9464/metrics"))
        .min(1)
        .meta({ description: "The metrics pages of the services.", examples: [["http://127.0.0.1:9464/metrics"]] }),
      scrapeInterval: duration("How often each page is read.", "5s")
        .optional()
        .meta({ default: DEFAULTS.embeddedScrapeInterval }),
      headers,
      ...secret,
    }),
  ])
  .meta({
    description: "Where the services' metrics are.",
    examples: [{ source: "prometheus", url: "http://127.0.0.1:9090" }],
  });

const weight = z
  .number()
  .gt(0)
  .meta({ description: "The part's weight; weights are relative to their sum.", examples: [0.6] });
const ratio = z.union([weight, z.strictObject({ weight })]);

const numeric = {
  base: z
    .number()
    .meta({ description: "The value that people chose; served wherever nothing better is proved.", examples: [0.7] }),
  min: z.number().meta({ description: "The least value that may be served.", examples: [0.5] }),
  max: z.number().meta({ description: "The greatest value that may be served.", examples: [0.9] }),
  step: z
    .number()
    .gt(0)
    .optional()
    .meta({
      description:
        "Distance between neighbouring values; without it 1 for an integer, a twentieth of the range for a number.",
      examples: [0.1],
    }),
  scale: z
    .enum(["linear", "log"])
    .optional()
    .meta({ description: "`log` where a factor means more than a difference.", default: "linear" }),
  largestStep: z
    .number()
    .gt(0)
    .optional()
    .meta({
      description: "The largest change that one adaptation may make; without it, only min and max limit it.",
      examples: [0.2],
    }),
};

const parameter = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.enum(["number", "integer"]).meta({ description: "number, integer, choice or boolean." }),
    ...numeric,
  }),
  z.strictObject({
    type: z.literal("choice"),
    base: z.string().meta({ description: "One of the choices." }),
    choices: z
      .array(z.string())
      .meta({ description: "Every value that may be served.", examples: [["small", "large"]] }),
  }),
  z.strictObject({ type: z.literal("boolean"), base: z.boolean().meta({ description: "true or false." }) }),
]);

const operation = z.strictObject({
  context: z
    .array(z.string())
    .optional()
    .meta({
      description: "The context keys by which parameters may differ; the order breaks ties.",
      default: [],
      examples: [["genre", "mood"]],
    }),
  parameters: z
    .record(z.string(), parameter)
    .optional()
    .meta({ description: "What may be changed. With none, the operation is only measured.", default: {} }),
  objective: z
    .strictObject({
      quality: ratio.optional().meta({ description: "Weight of the mean quality." }),
      success: ratio.optional().meta({ description: "Weight of the success rate; a partial counts one half." }),
      latency: z
        .strictObject({
          weight,
          good: duration("At this duration or less the utility is 1.", "200ms"),
          bad: duration("At this duration or more the utility is 0.", "5s"),
        })
        .optional()
        .meta({ description: "Weight of a short duration.", examples: [{ weight: 0.1, good: "200ms", bad: "5s" }] }),
      cost: z
        .strictObject({
          weight,
          unit: z
            .string()
            .min(1)
            .meta({ description: "The unit of the cost that the service reports.", examples: ["usd"] }),
          reference: z
            .number()
            .gt(0)
            .meta({
              description: "At this cost per call or more the utility is 0; at no cost it is 1.",
              examples: [0.002],
            }),
        })
        .optional()
        .meta({ description: "Weight of a low cost.", examples: [{ weight: 0.1, unit: "usd", reference: 0.002 }] }),
    })
    .optional()
    .meta({
      description: "What better means: weighted parts that each lie between 0 and 1.",
      default: DEFAULTS.objective,
    }),
  constraints: z
    .array(text((value) => problemOf(parseConstraint(value)), "A limit on outcomes.", "p95_latency <= 1.2 x baseline"))
    .optional()
    .meta({
      description: "What a variant must never break; one that does is taken back.",
      default: [],
      examples: [["success_rate >= 0.9", "p95_latency <= 2s"]],
    }),
  mode: z.enum(["observe", "suggest", "auto"]).optional().meta({
    description:
      "observe: nothing is tried; suggest: a person takes each change; auto: a change that is confident enough is applied.",
    default: DEFAULTS.mode,
  }),
  confidence: z
    .number()
    .gte(0)
    .lte(1)
    .optional()
    .meta({ description: "A change with less confidence is only suggested.", default: DEFAULTS.confidence }),
  holdout: z
    .number()
    .gte(0)
    .lte(0.5)
    .optional()
    .meta({ description: "The share of the calls that keeps the base values for ever.", default: DEFAULTS.holdout }),
  strategy: z
    .union([
      z.string(),
      z.looseObject({ kind: z.string().meta({ description: "The strategy's id.", examples: ["threshold-rule"] }) }),
    ])
    .optional()
    .meta({
      description: "Who proposes changes: an id, or `kind` with the strategy's own options beside it.",
      default: DEFAULTS.strategy,
      examples: ["threshold-rule"],
    }),
});

/** The definition of the file. */
export const configFileSchema: z.ZodType<ConfigFile> = z
  .strictObject({
    controller: controller.optional(),
    metrics,
    components: z
      .record(
        z.string(),
        z.strictObject({
          operations: z.record(z.string(), operation).meta({ description: "The operations, by name." }),
        }),
      )
      .meta({ description: "The services, by the name they give themselves (service.name)." }),
  })
  .meta({ title: "trimtab.yaml", description: "Configuration of the Trimtab controller." });

/** The JSON Schema of the file (draft 2020-12), for editors. */
export function configFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configFileSchema, { io: "input" }) as Record<string, unknown>;
}

function problemOf(result: { readonly problem: string } | object): string | undefined {
  return "problem" in result ? result.problem : undefined;
}
