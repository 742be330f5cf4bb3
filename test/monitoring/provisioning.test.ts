/** The files by which Grafana finds the dashboards and its Prometheus. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

const read = (path: string): any =>
  parse(readFileSync(new URL(`../../grafana/provisioning/${path}`, import.meta.url), "utf8"));

test("the data source is a Prometheus that is asked by POST, at the interval of the scrapes", () => {
  const { apiVersion, datasources } = read("datasources/trimtab.yaml");
  expect(apiVersion).toBe(1);
  expect(datasources).toMatchObject([{ type: "prometheus", jsonData: { httpMethod: "POST", timeInterval: "15s" } }]);
});

test("the dashboards are read from where compose.yaml mounts them", () => {
  const { apiVersion, providers } = read("dashboards/trimtab.yaml");
  expect(apiVersion).toBe(1);
  expect(providers).toMatchObject([{ type: "file", allowUiUpdates: false }]);
  const compose = readFileSync(new URL("../../deploy/compose.yaml", import.meta.url), "utf8");
  expect(compose).toContain(`../grafana/dashboards:${providers[0].options.path}:ro`);
  expect(compose).toContain("../grafana/provisioning:/etc/grafana/provisioning:ro");
});
