/**
 * What may stand in trimtab.yaml: the one definition that validates the file, that the JSON Schema for editors is generated from,
 * and that the reference of the configuration is tested against. Structure only; meaning is checked where it is known.
 */
import { NOTICE_TYPES } from "@trimtab/engine";
import { z } from "zod";
import type { ConfigFile, Role } from "./config-file.ts";
import { DEFAULTS, MOST_ALERT_RULES, MOST_RECORDS, MOST_STREAMS, MOST_WEBHOOKS } from "./defaults.ts";
import { parseListenAddress } from "./listen-address.ts";
import { operationSchema } from "./operation-schema.ts";
import { duration, url } from "./text-schemas.ts";

const ROLES: readonly Role[] = ["read", "evaluate", "feedback", "operate"];

/** A text that no message may show: it goes to terminals and logs. */
const hiddenText = z.string({
  error: ({ input }) => (input === undefined ? undefined : "is not a text; write it in quotes"),
});

const secret = {
  token: hiddenText
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

function requestsASecond(description: string, fallback: number): z.ZodOptional<z.ZodNumber> {
  return z
    .number()
    .gt(0)
    .lte(1_000_000)
    .optional()
    .meta({ description, default: fallback, examples: [500] });
}

const keepDecisions = duration("How long decisions with their evidence are kept; adaptations are kept for ever.", "30d")
  .optional()
  .meta({ default: DEFAULTS.keepDecisions });

const sqliteStore = z.strictObject({
  kind: z
    .literal("sqlite")
    .meta({ description: "What keeps decisions, adaptations and state: a file for one controller." }),
  path: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "The database file; relative to this file.",
      default: DEFAULTS.storePath,
      examples: ["/var/lib/trimtab/trimtab.db"],
    }),
  keepDecisions,
});

const postgresStore = z.strictObject({
  kind: z.literal("postgres").meta({ description: "A PostgreSQL server for any number of controllers." }),
  url: hiddenText
    .min(1)
    .optional()
    .meta({
      description: "The server's address with user and password. Rather keep it outside of this file.",
      examples: ["postgres://trimtab:s3cret@db.example:5432/trimtab"],
    }),
  urlFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "A file that holds the address; relative to this file.", examples: ["./store-url"] }),
  urlEnvironment: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The environment variable that holds the address.", examples: ["DATABASE_URL"] }),
  maximumConnections: z
    .int()
    .gte(2)
    .lte(100)
    .optional()
    .meta({
      description: "The most connections of one controller, beside the one that it listens on.",
      default: DEFAULTS.maximumConnections,
      examples: [5],
    }),
  lease: duration("So long after its last sign the leader is no leader any more, 3s to 1m.", "10s")
    .optional()
    .meta({ default: DEFAULTS.lease }),
  keepDecisions,
});

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
      .discriminatedUnion("kind", [sqliteStore, postgresStore])
      .optional()
      .meta({ examples: [{ kind: "sqlite" }] }),
    feedback: z
      .strictObject({
        learnAfter: z
          .int()
          .gte(1)
          .optional()
          .meta({
            description: "So many scored entries of feedback on one operation start a pass at once, out of turn.",
            default: DEFAULTS.learnAfterFeedback,
            examples: [5],
          }),
      })
      .optional()
      .meta({ description: "When feedback starts learning." }),
    records: z
      .strictObject({
        keep: z
          .int()
          .gte(1)
          .lte(MOST_RECORDS)
          .optional()
          .meta({
            description: "So many individual operations of each component are kept; the oldest make room.",
            default: DEFAULTS.keepRecords,
            examples: [1000],
          }),
      })
      .optional()
      .meta({ description: "Individual operations, of a sample that the services send." }),
    streams: z
      .strictObject({
        most: z
          .int()
          .gte(0)
          .lte(MOST_STREAMS)
          .optional()
          .meta({
            description: "So many streams may be open at once; services past them poll. 0: none.",
            default: DEFAULTS.mostStreams,
            examples: [200],
          }),
      })
      .optional()
      .meta({ description: "Streams that tell services and flag clients of changes at once." }),
    outcomes: z
      .strictObject({
        lateness: duration("How long after its end an operation may be reported; so long its key is kept.", "6h")
          .optional()
          .meta({ default: DEFAULTS.outcomeLateness }),
      })
      .optional()
      .meta({ description: "Operations that services report instead of being scraped." }),
    trends: z
      .strictObject({
        keepHours: duration("How long the hours of each operation are kept; then they become days.", "60d")
          .optional()
          .meta({ default: DEFAULTS.keepTrendHours }),
        keepDays: duration("How long the days are kept.", "1500d").optional().meta({ default: DEFAULTS.keepTrendDays }),
        timeZone: z
          .string()
          .min(1)
          .optional()
          .meta({
            description: "The clock by which hours of the week are told apart, as the IANA names it.",
            default: DEFAULTS.timeZone,
            examples: ["Europe/Berlin"],
          }),
      })
      .optional()
      .meta({
        description: "What each operation did over months and years, and what is usual at an hour of the week.",
      }),
    rateLimits: z
      .strictObject({
        evaluate: requestsASecond("Allocations, parameters and flags.", DEFAULTS.rateLimits.evaluate),
        read: requestsASecond("Every other GET.", DEFAULTS.rateLimits.read),
        write: requestsASecond(
          "Feedback, outcomes, records, and everything that changes something.",
          DEFAULTS.rateLimits.write,
        ),
      })
      .optional()
      .meta({ description: "Requests a second that one token may make, or one address where there are no tokens." }),
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
          tokenHash: z
            .string()
            .min(1)
            .optional()
            .meta({
              description: "Instead of the token its SHA-256, which opens nothing; trimtab token makes both.",
              examples: [`sha256:${"0".repeat(64)}`],
            }),
        }),
      )
      .optional()
      .meta({ description: "Bearer tokens. With none, everybody who reaches the port may do everything." }),
  })
  .meta({ description: "The controller itself." });

const headers = z
  .record(z.string(), hiddenText)
  .optional()
  .meta({ description: "Further headers of each request.", examples: [{ "X-Scope-OrgID": "team" }] });

const pemFile = (description: string, example: string): z.ZodType<string | undefined> =>
  z
    .string()
    .min(1)
    .optional()
    .meta({ description: `${description}; relative to this file, in PEM.`, examples: [example] });

const connection = {
  headers,
  ...secret,
  username: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The name for basic authentication.", examples: ["trimtab"] }),
  password: hiddenText.optional().meta({
    description: "The password for basic authentication. Rather keep it outside of this file.",
    examples: ["s3cret"],
  }),
  passwordFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "A file that holds the password; relative to this file.", examples: ["./password"] }),
  passwordEnvironment: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The environment variable that holds the password.", examples: ["PROMETHEUS_PASSWORD"] }),
  tls: z
    .strictObject({
      ca: pemFile("The certificates of the authorities that are trusted, instead of those that Node knows", "./ca.pem"),
      certificate: pemFile("The certificate that this controller shows", "./client.pem"),
      key: pemFile("Its private key", "./client.key"),
      serverName: z
        .string()
        .min(1)
        .optional()
        .meta({
          description: "The name that the server's certificate must have, where it is not the address'.",
          examples: ["prometheus.internal"],
        }),
      insecure: z.boolean().optional().meta({
        description: "Take any certificate. Whoever sits between can read and change everything.",
        default: false,
      }),
    })
    .optional()
    .meta({ description: "How TLS is spoken.", examples: [{ ca: "./ca.pem" }] }),
};

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
      tenant: z
        .string()
        .min(1)
        .optional()
        .meta({ description: "The tenant, where the server has several (X-Scope-OrgID).", examples: ["team"] }),
      maximumInFlight: z
        .int()
        .gte(1)
        .lte(64)
        .optional()
        .meta({
          description: "So many questions are asked at once; the others wait.",
          default: DEFAULTS.maximumInFlight,
          examples: [8],
        }),
      ...connection,
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
      ...connection,
    }),
    z.strictObject({
      source: z.literal("reported").meta({ description: "Nothing is scraped: every service reports its operations." }),
    }),
  ])
  .meta({
    description: "Where the services' metrics are.",
    examples: [{ source: "prometheus", url: "http://127.0.0.1:9090" }],
  });

const suggestion = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: "Names the rule.", examples: ["poor-cover"] }),
  type: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: "The type of the feedback that counts.", examples: ["user_rating"] }),
  source: z.string().min(1).optional().meta({ description: "Only feedback that this component collected." }),
  target: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The component that is to make something of it; else the one that the feedback names." }),
  below: z
    .number()
    .gt(0)
    .lte(1)
    .optional()
    .meta({ description: "Only entries with a score below this.", examples: [0.5] }),
  moreThan: z
    .int()
    .gte(0)
    .max(9_999)
    .optional()
    .meta({ description: "More entries about one entity than this make a suggestion.", default: DEFAULTS.moreThan }),
  within: duration("Only entries that are no older than this count.", "7d")
    .optional()
    .meta({ default: DEFAULTS.within }),
  suggest: z
    .string()
    .min(1)
    .max(128)
    .meta({ description: "The suggested change.", examples: ["repaint_cover"] }),
  confidence: z
    .number()
    .gte(0)
    .lte(1)
    .optional()
    .meta({ description: "How sure the rule is.", default: DEFAULTS.confidence }),
  change: z
    .strictObject({
      operation: z.string().min(1).meta({ description: "An operation of the target." }),
      parameter: z.string().min(1).meta({ description: "The parameter to change." }),
      by: z
        .number()
        .optional()
        .meta({ description: "By how much a number changes, within its bounds.", examples: [0.1] }),
      to: z
        .union([z.number(), z.string(), z.boolean()])
        .optional()
        .meta({ description: "The value that it is to have, instead of by.", examples: [0.8] }),
      context: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: "Where; everywhere where it is absent.", examples: [{ genre: "rock" }] }),
    })
    .optional()
    .meta({
      description: "What accepting the suggestion changes; without it the target is told, and knows itself what to do.",
    }),
});

const webhook = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, { error: 'is no name; write lower-case letters, digits, "-" and "_"' })
    .meta({ description: "Names the webhook in metrics, logs and the list of deliveries.", examples: ["chat"] }),
  url: url("Where notices are sent, by POST.", "https://hooks.example/trimtab"),
  events: z
    .array(z.enum(NOTICE_TYPES))
    .min(1)
    .optional()
    .meta({
      description: "What it is told; without it everything.",
      examples: [["adaptation.applied", "adaptation.rolled_back", "breaker.opened"]],
    }),
  secret: hiddenText
    .min(1)
    .optional()
    .meta({
      description: "The secret that signs. Rather keep it outside of this file.",
      examples: ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    }),
  secretFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "A file that holds the secret; relative to this file.", examples: ["./webhook-secret"] }),
  secretEnvironment: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The environment variable that holds the secret.", examples: ["WEBHOOK_SECRET"] }),
  timeout: duration("How long the target may take to answer, at most 30s.", "5s")
    .optional()
    .meta({ default: DEFAULTS.webhookTimeout }),
  retryFor: duration("How long a notice is tried again before it is given up, at most 7d.", "6h")
    .optional()
    .meta({ default: DEFAULTS.webhookRetryFor }),
  allowPrivate: z
    .boolean()
    .optional()
    .meta({
      description: "May the target be on this machine or in a private network?",
      default: false,
      examples: [true],
    }),
});

const alert = z.strictObject({
  match: z
    .record(z.string(), z.string())
    .optional()
    .meta({
      description: "Labels that the alert has, with their values; without them every alert fits.",
      examples: [{ severity: "critical" }],
    }),
  action: z.enum(["freeze", "roll-back", "none"]).meta({
    description: "What a firing alert does to the operations that its labels component and operation name.",
    examples: ["freeze"],
  }),
  within: duration("roll-back: changes that came into force so long before the alert began, at most 30d.", "30m")
    .optional()
    .meta({ default: DEFAULTS.alertWithin }),
  unfreeze: z
    .boolean()
    .optional()
    .meta({
      description: "freeze: does the end of the alert end the freeze that it set?",
      default: DEFAULTS.alertUnfreeze,
      examples: [false],
    }),
});

/** The definition of the file. */
export const configFileSchema: z.ZodType<ConfigFile> = z
  .strictObject({
    controller: controller.optional(),
    metrics,
    suggestions: z
      .array(suggestion)
      .superRefine((rules, context) => {
        for (const [index, { id }] of rules.entries())
          if (rules.findIndex((each) => each.id === id) < index)
            context.addIssue({ code: "custom", path: [index, "id"], message: `"${id}" stands there twice` });
      })
      .optional()
      .meta({
        description: "What to suggest when the same is said about an entity again and again.",
        default: DEFAULTS.suggestions,
        examples: [[{ id: "poor-cover", type: "user_rating", below: 0.5, suggest: "repaint_cover" }]],
      }),
    webhooks: z
      .array(webhook)
      .max(MOST_WEBHOOKS)
      .superRefine((hooks, context) => {
        for (const [index, { name }] of hooks.entries())
          if (hooks.findIndex((each) => each.name === name) < index)
            context.addIssue({ code: "custom", path: [index, "name"], message: `"${name}" stands there twice` });
      })
      .optional()
      .meta({
        description: "Who is told what was decided, by signed HTTP requests.",
        examples: [[{ name: "chat", url: "https://hooks.example/trimtab", secretFile: "./webhook-secret" }]],
      }),
    alerts: z
      .array(alert)
      .max(MOST_ALERT_RULES)
      .optional()
      .meta({
        description: "What alerts do that come to POST /v1/alerts; the first rule that fits counts.",
        examples: [[{ match: { severity: "critical" }, action: "freeze" }]],
      }),
    registration: z
      .enum(["allow", "deny"])
      .optional()
      .meta({
        description: "May services register operations that this file lacks, in mode observe?",
        default: DEFAULTS.registration,
        examples: ["allow"],
      }),
    components: z
      .record(
        z.string(),
        z.strictObject({
          metrics: z
            .enum(["scraped", "reported"])
            .optional()
            .meta({
              description:
                "Does the section metrics read its metrics, or does it report its operations by POST /v1/outcomes? Never both.",
              examples: ["reported"],
            }),
          operations: z.record(z.string(), operationSchema).meta({ description: "The operations, by name." }),
        }),
      )
      .meta({ description: "The services, by the name they give themselves (service.name)." }),
  })
  .meta({ title: "trimtab.yaml", description: "Configuration of the Trimtab controller." });

/** The JSON Schema of the file (draft 2020-12), for editors. */
export function configFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configFileSchema, { io: "input" }) as Record<string, unknown>;
}
