/** What stands in trimtab.yaml once it fits its schema: the values as people wrote them. */
import type { Context, ParameterValue } from "@trimtab/conventions";

import type { NoticeType } from "@trimtab/engine";

/** A secret: the text itself, or where it is. Exactly one of the three. */
export interface SecretSection {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly tokenEnvironment?: string | undefined;
}

/** One bearer token that callers may use: a secret, or its digest, which is none. */
export interface TokenSection extends SecretSection {
  readonly name: string;
  readonly tokenHash?: string | undefined;
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

/** How TLS is spoken: files in PEM. */
export interface TlsSection {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** How whoever holds the metrics is reached. */
export interface ConnectionSection extends SecretSection {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordEnvironment?: string | undefined;
  readonly tls?: TlsSection | undefined;
}

/** The section `metrics` with a Prometheus. */
interface PrometheusSection extends ConnectionSection {
  readonly source: "prometheus";
  readonly url: string;
  readonly timeout?: string | undefined;
  readonly scrapeInterval?: string | undefined;
  readonly tenant?: string | undefined;
  readonly maximumInFlight?: number | undefined;
}

/** The section `metrics` where the controller scrapes the services itself. */
interface EmbeddedSection extends ConnectionSection {
  readonly source: "embedded";
  readonly scrape: readonly string[];
  readonly scrapeInterval?: string | undefined;
}

/** The section `metrics` where no service is scraped: all of them report. */
interface ReportedSection {
  readonly source: "reported";
}

/** One part of an objective as it is written. */
export type RatioSection = number | { readonly weight: number };

/** A strategy with its options beside its id, or beside the module that it comes from. */
interface StrategySection {
  readonly kind?: string | undefined;
  readonly module?: string | undefined;
  readonly [option: string]: unknown;
}

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
        readonly feedback?: number | { readonly weight: number; readonly attribution?: string | undefined } | undefined;
      }
    | undefined;
  readonly constraints?: readonly string[] | undefined;
  readonly mode?: "observe" | "suggest" | "auto" | undefined;
  readonly confidence?: number | undefined;
  readonly holdout?: number | undefined;
  readonly maximumContexts?: number | undefined;
  readonly reset?: { readonly every: string; readonly keep?: number | undefined } | undefined;
  readonly strategy?: string | StrategySection | undefined;
  readonly experiment?:
    | {
        readonly name: string;
        readonly treatment: string | StrategySection;
        readonly share?: number | undefined;
      }
    | undefined;
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

/** A rule for improvement suggestions as it is written. */
export interface SuggestionSection {
  readonly id: string;
  readonly type: string;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly below?: number | undefined;
  readonly moreThan?: number | undefined;
  readonly within?: string | undefined;
  readonly suggest: string;
  readonly confidence?: number | undefined;
  readonly change?:
    | {
        readonly operation: string;
        readonly parameter: string;
        readonly by?: number | undefined;
        readonly to?: ParameterValue | undefined;
        readonly context?: Context | undefined;
      }
    | undefined;
}

/** One component as it is written. */
interface ComponentSection {
  readonly metrics?: "scraped" | "reported" | undefined;
  readonly operations: Readonly<Record<string, OperationSection>>;
}

/** The section `controller.rateLimits`: requests a second. */
export interface RateLimitSection {
  readonly evaluate?: number | undefined;
  readonly read?: number | undefined;
  readonly write?: number | undefined;
}

/** The section `controller.store` with a file. */
export interface SqliteSection {
  readonly kind: "sqlite";
  readonly path?: string | undefined;
  readonly keepDecisions?: string | undefined;
}

/** The section `controller.store` with a server. The address is a secret: it stands in one of three places. */
export interface PostgresSection {
  readonly kind: "postgres";
  readonly url?: string | undefined;
  readonly urlFile?: string | undefined;
  readonly urlEnvironment?: string | undefined;
  readonly maximumConnections?: number | undefined;
  readonly lease?: string | undefined;
  readonly keepDecisions?: string | undefined;
}

/** One webhook as it is written. The secret stands in one of three places. */
export interface WebhookSection {
  readonly name: string;
  readonly url: string;
  readonly events?: readonly NoticeType[] | undefined;
  readonly secret?: string | undefined;
  readonly secretFile?: string | undefined;
  readonly secretEnvironment?: string | undefined;
  readonly timeout?: string | undefined;
  readonly retryFor?: string | undefined;
  readonly allowPrivate?: boolean | undefined;
}

/** What an alert does, as it is written. */
export interface AlertSection {
  readonly match?: Readonly<Record<string, string>> | undefined;
  readonly action: "freeze" | "roll-back" | "none";
  readonly within?: string | undefined;
  readonly unfreeze?: boolean | undefined;
}

/** The whole file. */
export interface ConfigFile {
  readonly controller?:
    | {
        readonly listen?: string | undefined;
        readonly interval?: string | undefined;
        readonly store?: SqliteSection | PostgresSection | undefined;
        readonly feedback?: { readonly learnAfter?: number | undefined } | undefined;
        readonly records?: { readonly keep?: number | undefined } | undefined;
        readonly streams?: { readonly most?: number | undefined } | undefined;
        readonly outcomes?: { readonly lateness?: string | undefined } | undefined;
        readonly trends?:
          | {
              readonly keepHours?: string | undefined;
              readonly keepDays?: string | undefined;
              readonly timeZone?: string | undefined;
            }
          | undefined;
        readonly tokens?: readonly TokenSection[] | undefined;
        readonly rateLimits?: RateLimitSection | undefined;
      }
    | undefined;
  readonly metrics: PrometheusSection | EmbeddedSection | ReportedSection;
  readonly suggestions?: readonly SuggestionSection[] | undefined;
  readonly webhooks?: readonly WebhookSection[] | undefined;
  readonly alerts?: readonly AlertSection[] | undefined;
  readonly registration?: "allow" | "deny" | undefined;
  readonly components: Readonly<Record<string, ComponentSection>>;
}
