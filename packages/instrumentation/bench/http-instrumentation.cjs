// What a service does today to have metrics of its requests: the OpenTelemetry SDK with its HTTP instrumentation, and no spans.
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { PrometheusExporter } = require("@opentelemetry/exporter-prometheus");

new NodeSDK({
  instrumentations: [new HttpInstrumentation()],
  metricReaders: [new PrometheusExporter({ port: Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT) })],
  spanProcessors: [],
  logRecordProcessors: [],
  resourceDetectors: [],
}).start();
