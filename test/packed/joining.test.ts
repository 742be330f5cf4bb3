/** The recipes of docs/joining.md, with the code that stands there, in services of each generation of the OpenTelemetry SDK. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Sample, sumOf } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { cleanUp, freePort, type RunningProcess, root, until } from "../end-to-end/processes.ts";
import {
  closeServers,
  type Installed,
  otlpReceiver,
  page,
  type ReceivedPoint,
  serviceFolder,
  startService,
  stubController,
} from "./packed-service.ts";

afterEach(async () => {
  await cleanUp();
  closeServers();
});

/** The code of a recipe: the block that begins with the name of its file. */
function recipe(file: string): string {
  const page = readFileSync(join(root, "docs/joining.md"), "utf8");
  const code = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, text]) => text ?? "");
  const [found] = code.filter((text) => text.startsWith(`// ${file}\n`));
  if (found === undefined) throw new Error(`docs/joining.md has no ${file}`);
  return found;
}

interface Start {
  readonly installed: Installed;
  /** The file of a recipe, or code. */
  readonly telemetry: string;
  readonly code?: string;
  readonly register?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the service that delivers once and fails once, behind a file that sets its telemetry up. */
async function startBehind({ installed, telemetry, code = recipe(telemetry), register, environment }: Start): Promise<{
  readonly service: RunningProcess;
  readonly samples: () => Promise<readonly Sample[]>;
}> {
  const folder = serviceFolder(installed);
  const port = await freePort();
  writeFileSync(join(folder, telemetry), code.replaceAll("9464", String(port)));
  const hook = telemetry.endsWith(".cjs") ? "--require" : "--import";
  const after = register === true ? ["--import", "@trimtab/instrumentation/register"] : [];
  const service = startService(process.execPath, folder, [hook, `./${telemetry}`, ...after, "deliver.mjs"], {
    OTEL_SERVICE_NAME: "delivery",
    OTEL_TRACES_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
    TRIMTAB_CONTROLLER_URL: await stubController(),
    ...environment,
  });
  await until("the service", () => service.output().includes("ready"), { watching: [service] });
  const isWhole = (samples: readonly Sample[]): boolean =>
    sumOf(samples, "trimtab_operation_errors_total", { operation: "fails" }) === 1;
  return { service, samples: () => page(port, service, isWhole) };
}

/** What a page says of the tracked calls, without durations and without what an exporter adds. */
function numbersOf(samples: readonly Sample[]): string[] {
  return samples
    .filter(({ name }) =>
      /^trimtab_operation_(calls_total|errors_total|quality_ratio_(sum|count)|duration_seconds_count)$/.test(name),
    )
    .map(({ name, labels, value }) => {
      const kept = Object.entries(labels).filter(([key]) => !key.startsWith("otel_"));
      return `${name} ${JSON.stringify(Object.fromEntries(kept.sort(([left], [right]) => left.localeCompare(right))))} ${value}`;
    })
    .filter((line) => !line.endsWith(" 0")) // how many known outcomes are shown at zero is the writer's own affair
    .sort();
}

const EXPECTED = [
  'trimtab_operation_calls_total {"component":"delivery","ctx_type":"json","operation":"deliver","outcome":"success","variant":"v-test"} 1',
  expect.stringMatching(/^trimtab_operation_calls_total .*"operation":"fails","outcome":"failure".* 1$/),
  'trimtab_operation_duration_seconds_count {"component":"delivery","ctx_type":"json","operation":"deliver","variant":"v-test"} 1',
  expect.stringMatching(/^trimtab_operation_duration_seconds_count .*"operation":"fails".* 1$/),
  expect.stringMatching(/^trimtab_operation_errors_total .*"error_type":"TypeError".* 1$/),
  'trimtab_operation_quality_ratio_count {"component":"delivery","ctx_type":"json","operation":"deliver","variant":"v-test"} 1',
  'trimtab_operation_quality_ratio_sum {"component":"delivery","ctx_type":"json","operation":"deliver","variant":"v-test"} 0.5',
];

describe.each([
  { installed: "opentelemetry-1", telemetry: "telemetry.cjs" },
  { installed: "opentelemetry-2", telemetry: "telemetry.mjs" },
  { installed: "opentelemetry-3", telemetry: "telemetry.mjs" },
] as const)("a service with $installed", ({ installed, telemetry }) => {
  test("of its own shows each call once, by our producer", async () => {
    const { service, samples } = await startBehind({ installed, telemetry });
    expect(numbersOf(await samples())).toEqual(EXPECTED);
    expect(service.output()).toBe("level 9\nready\n");
  });

  test("of its own and with register shows the same", async () => {
    const { service, samples } = await startBehind({ installed, telemetry, register: true });
    expect(numbersOf(await samples())).toEqual(EXPECTED);
    expect(service.output()).toBe("level 9\nready\n");
  });

  test("of its own, untouched, shows the same through its instruments", async () => {
    const untouched = recipe(telemetry)
      .split("\n")
      .filter((line) => !line.includes("@trimtab") && line.trim().split("(")[0] !== "configure")
      .join("\n")
      .replace(", metricProducers: [metricProducer()]", "");
    expect(untouched).not.toMatch(/trimtab|metricProducer/);
    const { service, samples } = await startBehind({ installed, telemetry, code: untouched, register: true });
    expect(numbersOf(await samples())).toEqual(EXPECTED);
    expect(service.output()).toBe("level 9\nready\n");
  });

  test("that is installed and not started is started by register, and has the calls as children of its spans", async () => {
    const port = await freePort();
    const folder = serviceFolder(installed);
    writeFileSync(
      join(folder, "spans.mjs"),
      `import { trace } from "@opentelemetry/api";
       import { track } from "@trimtab/instrumentation";
       trace.getTracer("service").startActiveSpan("request", (outer) => {
         track("op", {}, () => {
           const inner = trace.getActiveSpan();
           console.log(inner !== outer, inner.spanContext().traceId === outer.spanContext().traceId);
         });
         outer.end();
       });
       setInterval(() => {}, 1000);`,
    );
    const args = ["--import", "@trimtab/instrumentation/register", "spans.mjs"];
    const service = startService(process.execPath, folder, args, {
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: await otlpReceiver([]),
    });
    const samples = await page(port, service, (shown) => sumOf(shown, "trimtab_operation_calls_total") === 1);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "op", outcome: "success" })).toBe(1);
    expect(service.output()).toBe("true true\n");
  });
});

describe("a Collector", () => {
  test("is sent each call once, by an SDK of the service's own, at the latest when it ends", async () => {
    const points: ReceivedPoint[] = [];
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: await otlpReceiver(points) };
    const { service } = await startBehind({ installed: "opentelemetry-3", telemetry: "collector.mjs", environment });
    expect(points).toEqual([]);
    expect(await service.end("SIGTERM")).toBe(0);
    const calls = points.filter(({ name, value }) => name === "trimtab.operation.calls" && value > 0);
    expect(calls.map(({ attributes, value }) => [attributes["operation"], attributes["outcome"], value])).toEqual([
      ["deliver", "success", 1],
      ["fails", "failure", 1],
    ]);
  });
});

describe("a page of prom-client", () => {
  test("has its own metrics and ours", async () => {
    const { service, samples } = await startBehind({ installed: "prom-client", telemetry: "page.mjs" });
    const shown = await samples();
    expect(numbersOf(shown)).toEqual(EXPECTED);
    expect(sumOf(shown, "pages_total")).toBeGreaterThan(0);
    expect(service.output()).toBe("level 9\nready\n");
  });
});
