/**
 * Are objects as Kubernetes and the Prometheus operator define them? Twice: the validators that are generated from their OpenAPI documents
 * find wrong values, and TypeScript, with the types from the same documents, finds fields that do not exist.
 */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { AlertmanagerConfig } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/AlertmanagerConfig";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Pod } from "kubernetes-models/v1/Pod";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import type { Manifest } from "./helm-chart.ts";

const root = new URL("../../", import.meta.url).pathname;

interface Kind {
  readonly apiVersion: string;
  readonly module: string;
  readonly validate: (manifest: Manifest) => void;
}

/** The class takes what its type says; what is to be found out is whether the manifest is that. */
type Model = new (data: never) => { validate(): void };

function kind(apiVersion: string, module: string, model: Model): Kind {
  return { apiVersion, module, validate: (manifest) => new model(manifest as never).validate() };
}

const OPERATOR = "@kubernetes-models/prometheus-operator/monitoring.coreos.com";
const KINDS: Readonly<Record<string, Kind>> = {
  AlertmanagerConfig: kind(
    "monitoring.coreos.com/v1alpha1",
    `${OPERATOR}/v1alpha1/AlertmanagerConfig`,
    AlertmanagerConfig,
  ),
  PrometheusRule: kind("monitoring.coreos.com/v1", `${OPERATOR}/v1/PrometheusRule`, PrometheusRule),
  ServiceMonitor: kind("monitoring.coreos.com/v1", `${OPERATOR}/v1/ServiceMonitor`, ServiceMonitor),
  Deployment: kind("apps/v1", "kubernetes-models/apps/v1/Deployment", Deployment),
  NetworkPolicy: kind("networking.k8s.io/v1", "kubernetes-models/networking.k8s.io/v1/NetworkPolicy", NetworkPolicy),
  PodDisruptionBudget: kind("policy/v1", "kubernetes-models/policy/v1/PodDisruptionBudget", PodDisruptionBudget),
  ConfigMap: kind("v1", "kubernetes-models/v1/ConfigMap", ConfigMap),
  PersistentVolumeClaim: kind("v1", "kubernetes-models/v1/PersistentVolumeClaim", PersistentVolumeClaim),
  Pod: kind("v1", "kubernetes-models/v1/Pod", Pod),
  Service: kind("v1", "kubernetes-models/v1/Service", Service),
  ServiceAccount: kind("v1", "kubernetes-models/v1/ServiceAccount", ServiceAccount),
};

/** What is wrong with these objects, by kind and name; nothing where all is well. */
export async function problemsOf(manifests: readonly Manifest[]): Promise<string[]> {
  const problems: string[] = [];
  const lines: string[] = [];
  for (const [index, manifest] of manifests.entries()) {
    const title = `${manifest.kind}/${manifest.metadata.name}`;
    const known = KINDS[manifest.kind];
    if (known === undefined) {
      problems.push(`${title}: no schema of this kind is at hand`);
      continue;
    }
    if (manifest.apiVersion !== known.apiVersion)
      problems.push(`${title}: apiVersion is ${manifest.apiVersion}, and the schema at hand is of ${known.apiVersion}`);
    try {
      known.validate(manifest);
    } catch (error) {
      problems.push(`${title}: ${error instanceof Error ? error.message : String(error)}`);
    }
    lines.push(
      `export const m${index}: import("${known.module}").I${manifest.kind} = ${JSON.stringify(manifest)}; // ${title}`,
    );
  }
  return [...problems, ...(await compilerErrors(lines))];
}

/** What TypeScript says of literals; it refuses a property that the type does not have, however deep. */
async function compilerErrors(lines: readonly string[]): Promise<string[]> {
  const folder = join(root, ".cache", `kubernetes-types-${process.pid}`); // below the root, where the packages are found
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "manifests.ts");
  writeFileSync(file, lines.join("\n"));
  const options = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--types",
    "",
  ];
  try {
    await promisify(execFile)(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options, file]);
    return [];
  } catch (error) {
    const output = (error as { stdout?: string }).stdout ?? String(error);
    return output
      .split("\n")
      .filter((line) => /error TS/.test(line))
      .map((line) => {
        const [, number, message] = /\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
        return number === undefined
          ? line
          : `${/\/\/ (.*)$/.exec(lines[Number(number) - 1] ?? "")?.[1] ?? ""}: ${message}`;
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
