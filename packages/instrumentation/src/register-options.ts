/** Pure: environment variables to options, with one warning for each value that could not be used. */
import { componentNameProblem, DURATION_FORM, parseDuration } from "@trimtab/conventions";
import { COLLECTION_LEVELS, type CollectionLevel } from "./collection-level.ts";
import type { InstrumentationOptions } from "./options.ts";

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says, and what of it could not be used. */
export interface EnvironmentOptions {
  readonly options: InstrumentationOptions;
  /** Should `register` start an OpenTelemetry SDK where there is none? */
  readonly startsSdk: boolean;
  /** Where `register` serves the metrics page. */
  readonly metricsPage: { readonly host: string; readonly port: number };
  /** One sentence for each value that was ignored or changed. */
  readonly warnings: readonly string[];
}

const MINIMUM_POLL_MILLISECONDS = 100;
const MAXIMUM_PORT = 65_535;

/** Reads the environment. Never fails: a value that cannot be used is told, and the default holds. */
export function optionsFromEnvironment(environment: Environment): EnvironmentOptions {
  const warnings: string[] = [];
  const read = <Value>(name: string, parse: (text: string) => Value | undefined, form: string): Value | undefined => {
    const text = environment[name]?.trim();
    if (text === undefined || text === "") return undefined;
    const value = parse(text);
    if (value === undefined) warnings.push(`${name}="${text}" is ignored; write ${form}`);
    return value;
  };
  const duration = (name: string, minimum: number): number | undefined =>
    read(name, (text) => atLeast(minimum, parseDuration(text)), `${DURATION_FORM}, at least ${minimum}ms`);

  const options = {
    component: componentFrom(environment, warnings),
    controllerUrl: read("TRIMTAB_CONTROLLER_URL", httpUrl, 'an address such as "http://127.0.0.1:4600"'),
    token: read("TRIMTAB_TOKEN", (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined), "printable ASCII"),
    pollIntervalMilliseconds: duration("TRIMTAB_POLL_INTERVAL", MINIMUM_POLL_MILLISECONDS),
    requestTimeoutMilliseconds: duration("TRIMTAB_REQUEST_TIMEOUT", 1),
    stream: read("TRIMTAB_STREAM", onOrOff, "on or off"),
    cacheDirectory: environment["TRIMTAB_CACHE_DIRECTORY"]?.trim() || undefined,
    collectionLevel: read("TRIMTAB_COLLECTION_LEVEL", collectionLevel, COLLECTION_LEVELS.join(", ")),
    spans: read("TRIMTAB_SPANS", onOrOff, "on or off"),
    spansRatio: read("TRIMTAB_SPANS_RATIO", share, "a number from 0 to 1"),
    recordsRatio: read("TRIMTAB_RECORDS_RATIO", share, "a number from 0 to 1"),
    registerOperations: read("TRIMTAB_REGISTER_OPERATIONS", onOrOff, "on or off"),
    durationBoundariesSeconds: read(
      "TRIMTAB_DURATION_BOUNDARIES",
      boundaries,
      'ascending numbers of seconds, such as "0.1,0.5,2"',
    ),
    maximumContexts: read("TRIMTAB_MAXIMUM_CONTEXTS", wholeNumber, "a whole number"),
    disabled: read("TRIMTAB_DISABLED", onOrOff, "true or false"),
  };
  return {
    options: withoutUndefined(options),
    startsSdk: read("TRIMTAB_SDK", (text) => (text === "auto" ? true : onOrOff(text)), "auto or off") ?? true,
    metricsPage: {
      host: environment["OTEL_EXPORTER_PROMETHEUS_HOST"]?.trim() || "localhost",
      port: read("OTEL_EXPORTER_PROMETHEUS_PORT", port, `a port from 0 to ${MAXIMUM_PORT}`) ?? 9464,
    },
    // A token must not reach a log.
    warnings: warnings.map((text) =>
      text.startsWith("TRIMTAB_TOKEN") ? "TRIMTAB_TOKEN is ignored; write printable ASCII" : text,
    ),
  };
}

function componentFrom(environment: Environment, warnings: string[]): string | undefined {
  const name =
    environment["TRIMTAB_COMPONENT"]?.trim() ||
    environment["OTEL_SERVICE_NAME"]?.trim() ||
    serviceNameOfResource(environment["OTEL_RESOURCE_ATTRIBUTES"]);
  if (name === undefined || componentNameProblem(name) === undefined) return name;
  const legal = name
    .replaceAll(/[^A-Za-z0-9_.:/-]/g, "_")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 128);
  const component = legal === "" ? undefined : legal;
  warnings.push(`${componentNameProblem(name)}; "${component ?? "unknown_service"}" is used instead`);
  return component;
}

/** `service.name=shop,deployment.environment=test`, percent-encoded. */
function serviceNameOfResource(attributes: string | undefined): string | undefined {
  const entry = attributes?.split(",").find((text) => text.trim().startsWith("service.name="));
  if (entry === undefined) return undefined;
  const value = entry.slice(entry.indexOf("=") + 1).trim();
  try {
    return decodeURIComponent(value) || undefined;
  } catch {
    return value;
  }
}

function httpUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "http:" || url?.protocol === "https:" ? text : undefined;
}

function collectionLevel(text: string): CollectionLevel | undefined {
  return COLLECTION_LEVELS.find((level) => level === text.toLowerCase());
}

function onOrOff(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case "on":
    case "true":
    case "1":
    case "yes":
      return true;
    case "off":
    case "false":
    case "0":
    case "no":
      return false;
    default:
      return undefined;
  }
}

function boundaries(text: string): readonly number[] | undefined {
  const bounds = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isAscending = bounds.every((bound, index) => bound > (index === 0 ? 0 : (bounds[index - 1] ?? 0)));
  return isAscending && bounds.every(Number.isFinite) ? bounds : undefined;
}

function share(text: string): number | undefined {
  const number = /^[\d.]+(?:e-\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return number >= 0 && number <= 1 ? number : undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function port(text: string): number | undefined {
  const number = wholeNumber(text);
  return number !== undefined && number <= MAXIMUM_PORT ? number : undefined;
}

function atLeast(minimum: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= minimum ? value : undefined;
}

function withoutUndefined<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]?: Exclude<Options[Key], undefined>;
  };
}
