/** What Prometheus and the Collector are given: checked by promtool, and against the names that the conventions promise on both paths. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { prometheusName, serviceInstruments } from "../../packages/conventions/src/index.ts";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";

const deploy = new URL("../../deploy/", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "trimtab-prometheus-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("deploy/prometheus/prometheus.yml", () => {
  /** As it lies in the container, with a token where it says. */
  async function checked(configuration: string): Promise<string> {
    const { promtool } = await findOrFetchPrometheus();
    cpSync(join(deploy, "prometheus/rules"), join(folder, "rules"), { recursive: true });
    mkdirSync(join(folder, "secrets"), { recursive: true });
    writeFileSync(join(folder, "secrets/monitoring-token"), "token");
    const file = join(folder, "prometheus.yml");
    writeFileSync(file, configuration.replaceAll("/run/secrets", join(folder, "secrets")));
    const { stdout } = await promisify(execFile)(promtool, ["check", "config", file]);
    return stdout;
  }
  const text = readFileSync(join(deploy, "prometheus/prometheus.yml"), "utf8");

  test("promtool takes it, and would not take a misspelt one", async () => {
    expect(await checked(text)).toContain("SUCCESS");
    await expect(checked(text.replace("scrape_configs", "scrape_config"))).rejects.toThrow(
      /field scrape_config not found/,
    );
    await expect(checked(text.replaceAll("monitoring-token", "no-such-token"))).rejects.toThrow(/no-such-token/);
  });

  test("it scrapes services and controller, and knows where alerts go", () => {
    const { scrape_configs: jobs, alerting, rule_files: rules } = parse(text);
    expect(jobs.map(({ job_name: name }: { job_name: string }) => name)).toEqual([
      "trimtab-services",
      "trimtab-controller",
      "prometheus",
    ]);
    expect(alerting.alertmanagers[0].static_configs[0].targets).toEqual(["alertmanager:9093"]);
    expect(rules).toEqual(["rules/*.rules.yml"]);
  });
});

describe("deploy/opentelemetry-collector/collector.yaml", () => {
  const text = readFileSync(join(deploy, "opentelemetry-collector/collector.yaml"), "utf8");
  const configuration = parse(text) as Record<string, Record<string, any>>;

  test("each part of the pipeline is declared, each declared part is used, and OTLP comes in where Prometheus' format goes out", () => {
    const service = configuration["service"] as {
      extensions: string[];
      pipelines: Record<string, Record<string, string[]>>;
    };
    for (const kind of ["receivers", "processors", "exporters"]) {
      const used = Object.values(service.pipelines).flatMap((pipeline) => pipeline[kind] ?? []);
      expect([...new Set(used)].sort()).toEqual(Object.keys(configuration[kind] ?? {}).sort());
    }
    expect(service.extensions).toEqual(Object.keys(configuration["extensions"] ?? {}));
    expect(service.pipelines["metrics"]).toMatchObject({ receivers: ["otlp"], exporters: ["prometheus"] });
    expect(service.pipelines["metrics"]?.["processors"]?.[0]).toBe("memory_limiter"); // before anything that holds data
    expect(Object.keys(configuration["receivers"]?.["otlp"].protocols)).toEqual(["grpc", "http"]);
  });

  test("nothing in it changes a name", () => {
    const { prometheus } = configuration["exporters"] as { prometheus: object };
    for (const key of ["namespace", "const_labels", "add_metric_suffixes", "translation_strategy"])
      expect(prometheus).not.toHaveProperty(key);
    for (const processor of Object.keys(configuration["processors"] ?? {}))
      expect(["memory_limiter", "batch"]).toContain(processor);
  });

  /**
   * The rules of the exporter's default translation: dots become underscores, a unit's word and, for gauges of the unit 1, "ratio" are
   * added where the name has not got them yet, counters end in "total"; units in braces count for nothing.
   * Source: otlptranslator, MetricNamer.
   */
  function nameOnTheCollectorsPath({ name, unit, kind }: { name: string; unit: string; kind: string }): string {
    const words = name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "total" || kind !== "counter");
    const unitWord =
      { s: "seconds", ms: "milliseconds", By: "bytes", "1": kind === "gauge" ? "ratio" : "" }[unit] ?? "";
    if (unitWord !== "" && !words.includes(unitWord)) words.push(unitWord);
    return [...words, ...(kind === "counter" ? ["total"] : [])].join("_");
  }

  test("every instrument is called the same with and without a Collector", () => {
    const instruments = Object.values(serviceInstruments); // the controller is scraped, and sends no metrics
    expect(instruments.length).toBeGreaterThan(20);
    const differing = instruments
      .map((instrument) => `${prometheusName(instrument)} ${nameOnTheCollectorsPath(instrument)}`)
      .filter((pair) => new Set(pair.split(" ")).size > 1);
    expect(differing).toEqual([]);
    expect(nameOnTheCollectorsPath({ name: "trimtab.duration", unit: "s", kind: "gauge" })).toBe(
      "trimtab_duration_seconds",
    );
  });
});
