/** The environment of a service of the examples that is started with `--import @trimtab/instrumentation/register`. */

/** What differs between services. */
export interface ServicePlaces {
  readonly component: string;
  readonly metricsPort: number;
  readonly controllerUrl: string;
  /** Where the service keeps the parameters that it was last told. */
  readonly cacheFolder: string;
}

/** Its name, its metrics page on this machine, and its controller. It tracks its operations itself, each with its own context. */
export function serviceEnvironment({
  component,
  metricsPort,
  controllerUrl,
  cacheFolder,
}: ServicePlaces): Record<string, string> {
  return {
    OTEL_SERVICE_NAME: component,
    OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    TRIMTAB_CONTROLLER_URL: controllerUrl,
    TRIMTAB_POLL_INTERVAL: "1s",
    TRIMTAB_HTTP_OPERATIONS: "off",
    TRIMTAB_CACHE_DIRECTORY: cacheFolder,
  };
}
