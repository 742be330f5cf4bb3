/** What can be set, and what holds where nothing is. */
import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { DURATION_BOUNDARIES_SECONDS } from "@trimtab/conventions";
import type { CollectionLevel } from "./collection-level.ts";
import { labelValue } from "./label-values.ts";
import { warn } from "./own-failure.ts";

/** Everything that `configure` takes. What is left out comes from the environment, then from the defaults. */
export interface InstrumentationOptions {
  /** The service or module that is tracked. Default: the OpenTelemetry service name, else `unknown_service`. */
  readonly component?: string;
  /** Where the controller is, e.g. `http://127.0.0.1:4600`. Without it nothing is polled and the base values serve. */
  readonly controllerUrl?: string;
  /** Bearer token with the role `evaluate`; with `feedback` too, where feedback is sent. */
  readonly token?: string;
  /** Time between two polls, in milliseconds; at least 100. Default 5,000. */
  readonly pollIntervalMilliseconds?: number;
  /** The longest that one request to the controller may take, in milliseconds. Default 3,000. */
  readonly requestTimeoutMilliseconds?: number;
  /**
   * Lets the controller tell of changes by a stream, where it can; else, and where it cannot, it is polled. The stream is one connection
   * that stays open. Default true.
   */
  readonly stream?: boolean;
  /** A folder for the last known good parameters, so that they survive a restart. Default: not kept. */
  readonly cacheDirectory?: string;
  /** How much is recorded. Default `standard`. */
  readonly collectionLevel?: CollectionLevel;
  /** A span for each tracked call. Default: as the collection level says. */
  readonly spans?: boolean;
  /** Share of the calls that have a span, 0 to 1, where they have spans and run inside no other span. Default 1. */
  readonly spansRatio?: number;
  /**
   * Share of the operations that are sent to the controller one by one, 0 to 1, a hundred a second at most, for people who look at the
   * last ones. The token needs the role `feedback`. Default 0: none.
   */
  readonly recordsRatio?: number;
  /**
   * Tells the controller of each operation that code defines with parameters: it registers those that its file lacks, where that is
   * allowed there, and shows where the two differ. The token needs the role `feedback`. Default false.
   */
  readonly registerOperations?: boolean;
  /** Upper bounds of the duration buckets in seconds, ascending. Default: 1 ms to 10 min. */
  readonly durationBoundariesSeconds?: readonly number[];
  /** The most contexts that become labels in the life of the process; the rest is recorded as `__other__`. Default 1,000. */
  readonly maximumContexts?: number;
  /** Tracks nothing and polls nothing; tracked functions run as if they were not tracked. */
  readonly disabled?: boolean;
  /** Where metrics go. Default: the global MeterProvider at the time of each call. */
  readonly meterProvider?: MeterProvider;
  /** Where spans go. Default: the global TracerProvider. */
  readonly tracerProvider?: TracerProvider;
}

/** Options with the defaults applied. */
export type Settings = Readonly<
  Required<
    Omit<
      InstrumentationOptions,
      "controllerUrl" | "token" | "cacheDirectory" | "spans" | "meterProvider" | "tracerProvider"
    >
  > &
    Pick<
      InstrumentationOptions,
      "controllerUrl" | "token" | "cacheDirectory" | "spans" | "meterProvider" | "tracerProvider"
    >
>;

/** What holds where neither code nor environment says anything. */
export const DEFAULT_SETTINGS: Settings = {
  component: "unknown_service",
  pollIntervalMilliseconds: 5000,
  requestTimeoutMilliseconds: 3000,
  stream: true,
  collectionLevel: "standard",
  spansRatio: 1,
  recordsRatio: 0,
  registerOperations: false,
  durationBoundariesSeconds: DURATION_BOUNDARIES_SECONDS,
  maximumContexts: 1000,
  disabled: false,
};

const MINIMUM_POLL_MILLISECONDS = 100;
/** Some twelve days: a timer of more than 31 bits would be over at once, again and again. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 30;

/** Options with the defaults; a value that would break an instrument or a timer is replaced, and told. */
export function settingsFrom(options: InstrumentationOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULT_SETTINGS, ...given };
  const bounds = settings.durationBoundariesSeconds;
  const isAscending = bounds.every(
    (bound, at) => Number.isFinite(bound) && bound > (at === 0 ? 0 : (bounds[at - 1] ?? 0)),
  );
  if (!isAscending) warn("durationBoundariesSeconds is ignored: bounds are finite, above zero and ascending");
  const ratio = settings.spansRatio;
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) warn(`spansRatio ${ratio} is ignored: a share is from 0 to 1`);
  const areRecordsRatio = settings.recordsRatio >= 0 && settings.recordsRatio <= 1;
  if (!areRecordsRatio) warn(`recordsRatio ${settings.recordsRatio} is ignored: a share is from 0 to 1`);
  const { pollIntervalMilliseconds: interval, requestTimeoutMilliseconds: timeout } = settings;
  const url = settings.controllerUrl;
  const hasUrl = url !== undefined && URL.canParse(url);
  if (url !== undefined && !hasUrl) warn(`controllerUrl "${url}" is no address; the base values serve`);
  const { controllerUrl: _, ...rest } = settings;
  return {
    ...rest,
    ...(hasUrl ? { controllerUrl: url } : {}),
    component: labelValue(settings.component) || DEFAULT_SETTINGS.component,
    durationBoundariesSeconds: isAscending ? bounds : DEFAULT_SETTINGS.durationBoundariesSeconds,
    spansRatio: isRatio ? ratio : DEFAULT_SETTINGS.spansRatio,
    recordsRatio: areRecordsRatio ? settings.recordsRatio : DEFAULT_SETTINGS.recordsRatio,
    pollIntervalMilliseconds: Math.min(
      interval >= MINIMUM_POLL_MILLISECONDS ? interval : MINIMUM_POLL_MILLISECONDS,
      LONGEST_TIMER_MILLISECONDS,
    ),
    requestTimeoutMilliseconds:
      timeout > 0 ? Math.min(timeout, LONGEST_TIMER_MILLISECONDS) : DEFAULT_SETTINGS.requestTimeoutMilliseconds,
    maximumContexts: settings.maximumContexts >= 0 ? settings.maximumContexts : DEFAULT_SETTINGS.maximumContexts,
  };
}
