/** What OpenTelemetry calls the resource: the process itself, as its environment tells it. Pure. */
import { label } from "./metrics/label-text.ts";
import type { Environment } from "./register-options.ts";

/** Attributes of a resource, by their dotted names. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/** What the environment does not tell. */
export interface KnownOfProcess {
  /** Undefined: the environment has one. */
  readonly serviceName: string | undefined;
  readonly instanceId: string;
  /** Of the OpenTelemetry SDK that is installed. */
  readonly sdkVersion: string;
}

const MAXIMUM_LENGTH = 255;

/** As an SDK would find them: what the environment says goes before what is only known. */
export function resourceAttributes(environment: Environment, known: KnownOfProcess): ResourceAttributes {
  const { serviceName, instanceId, sdkVersion } = known;
  const ownName = environment["OTEL_SERVICE_NAME"]?.trim() || serviceName;
  return {
    "service.name": "unknown_service",
    "service.instance.id": instanceId,
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": sdkVersion,
    ...listed(environment["OTEL_RESOURCE_ATTRIBUTES"] ?? ""),
    ...(ownName === undefined ? {} : { "service.name": ownName }),
  };
}

/** `key=value` with commas between, percent-encoded; all of it is discarded where a part cannot be read, as the specification asks. */
function listed(text: string): ResourceAttributes {
  try {
    const pairs = text.split(",").filter((pair) => pair.trim() !== "");
    return Object.fromEntries(
      pairs.map((pair) => {
        const [key = "", value, ...more] = pair.split("=").map((part) => decodeURIComponent(part.trim()));
        const isLegal = key !== "" && value !== undefined && more.length === 0;
        if (!isLegal || Math.max(key.length, value.length) > MAXIMUM_LENGTH) throw new RangeError(pair);
        return [key, value];
      }),
    );
  } catch {
    return {};
  }
}

/** The lines of `target_info`. Names that are the same as labels share one, with their values between semicolons, as the specification asks. */
export function targetInfo(attributes: ResourceAttributes): string {
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes)) {
    const key = name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
    const other = labels.get(key);
    labels.set(key, other === undefined ? value : `${other};${value}`);
  }
  const text = [...labels].map(([key, value]) => label(key, value.toWellFormed())).join(",");
  return `# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{${text}} 1\n`;
}
