/**
 * The Helm chart and the plain manifests. No Helm and no cluster is needed: the templates are rendered by go-template, which is held to
 * what Helm 3.22.0 made of conformance-chart, and the objects are checked by the definitions of Kubernetes.
 *
 * After a change of the subset: helm template r conformance-chart --namespace n --debug | tail -n +3
 * After a change of the chart: npm test -- test/deployment -u  writes deploy/kubernetes anew.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { parseTemplate, TemplateError } from "./go-template/parse-template.ts";
import { renderTemplates } from "./go-template/render-template.ts";
import { type Manifest, manifestsIn, manifestsOf, type Release, renderChart, ValuesError } from "./helm-chart.ts";
import { problemsOf } from "./kubernetes-check.ts";

const root = new URL("../../", import.meta.url).pathname;
const chart = join(root, "deploy/helm/trimtab");
const here = (path: string): string => new URL(path, import.meta.url).pathname;
const secrets = mkdtempSync(join(tmpdir(), "trimtab-secrets-"));
afterAll(() => rmSync(secrets, { recursive: true, force: true }));

const release: Release = { name: "learn", namespace: "shop" };
const components = { shop: { operations: { checkout: { context: ["genre"] } } } };
const everything = {
  components,
  image: { repository: "registry.example/trimtab", tag: "9.1.0" },
  configuration: { alerts: [{ match: { severity: "critical" }, action: "freeze" }] },
  controller: { rateLimits: { read: 100 } },
  imagePullSecrets: [{ name: "pull" }],
  environment: [{ name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector:4318" }],
  service: { type: "NodePort", annotations: { "a/b": "on" } },
  podLabels: { team: "yes" },
  podAnnotations: { "example/number": "0440" },
  nodeSelector: { disk: "fast" },
  tolerations: [{ operator: "Exists" }],
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [] }] } },
  },
  priorityClassName: "high",
  networkPolicy: { from: [{ namespaceSelector: { matchLabels: { name: "shop" } } }], egressPorts: [] },
  serviceMonitor: { enabled: true, labels: { release: "monitoring" } },
  prometheusRule: { enabled: true, labels: { release: "monitoring" } },
  alertmanagerConfig: { enabled: true, labels: { role: "alerts" } },
  dashboards: { enabled: true },
};
const single = { components, replicas: 1, store: { kind: "sqlite", sqlite: { storageClass: "fast" } } };
const SETS: Readonly<Record<string, object>> = {
  "three replicas": { components },
  "one with a file": single,
  "one with a volume of its own": { ...single, store: { kind: "sqlite", sqlite: { existingClaim: "mine" } } },
  "everything switched on": everything,
  "everything switched on, burnt in": { ...everything, prometheusRule: { enabled: true, burnIn: false } },
  "nothing beyond the least": {
    components,
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
    spreadAcrossNodes: false,
  },
};
/** Rendered once for each set of values. */
const renderings = new Map<string, ReadonlyMap<string, string>>();
function renderingOf(values: object): ReadonlyMap<string, string> {
  const key = JSON.stringify(values);
  const rendered = renderings.get(key) ?? renderChart(chart, values, release);
  renderings.set(key, rendered);
  return rendered;
}
const manifestsOfSet = (values: object): Manifest[] => manifestsIn(renderingOf(values));
const one = (manifests: readonly Manifest[], kind: string): any => manifests.find((manifest) => manifest.kind === kind);

test("templates of the subset give what Helm gives, to the byte", () => {
  const rendered = renderChart(here("conformance-chart"), {}, { name: "r", namespace: "n" }).get("everything.yaml");
  const byHelm = readFileSync(here("conformance-chart/expected-by-helm-3.22.0.txt"), "utf8");
  expect(rendered?.trimEnd()).toBe(byHelm.trimEnd()); // Helm cuts the end of a file off
});

test.each([
  ["{{ if .a }}x", /the block that begins here has no end/],
  ["{{ .a", /has no end/],
  ["{{ end }}", /"end" without a beginning/],
  ["{{ lookup 1 }}", /the function lookup is outside of the subset/],
  ['{{ template "x" . }}', /"template" is outside of the subset/],
  ["{{ .a.b.c }}", /nothing has the field b/],
  ["{{ .missing }}", /would print a value that is not there/],
  ["{{ $never }}", /no variable is called \$never/],
  ['{{ printf "%d" 3 }}', /%d is outside of the subset/],
  ["{{ (.a }}", /parenthesis/],
  ['{{ include "none" . }}', /no template is called "none"/],
])("%s is refused", (source, problem) => {
  const render = (): string => renderTemplates(new Map([["file", parseTemplate("file", source)]]), "file", { a: 1 });
  expect(render).toThrow(TemplateError);
  expect(render).toThrow(problem);
});

test("what is made of each set of values is as Kubernetes defines it, and a mistake is seen", async () => {
  const manifests = Object.values(SETS).flatMap(manifestsOfSet);
  expect(new Set(manifests.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(10);
  const wrong: Manifest[] = [
    { apiVersion: "v1", kind: "Service", metadata: { name: "misspelt" }, spec: { selectr: {} } },
    { apiVersion: "v1", kind: "Service", metadata: { name: "typed" }, spec: { ports: [{ port: "http" }] } },
    { apiVersion: "apps/v1beta1", kind: "Deployment", metadata: { name: "old" } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "unknown" } },
  ];
  const problems = await problemsOf([...manifests, ...wrong]);
  expect(
    problems.filter((problem) => !/^(Service|Deployment|Secret)\/(misspelt|typed|old|unknown):/.test(problem)),
  ).toEqual([]);
  for (const name of ["misspelt", "typed", "old", "unknown"])
    expect(problems.join("\n")).toMatch(new RegExp(`/${name}: `));
});

describe.each(Object.entries(SETS))("%s", (_, values) => {
  const manifests = manifestsOfSet(values);
  const deployment = one(manifests, "Deployment");
  const pod = deployment.spec.template;
  const container = pod.spec.containers[0];

  test("its configuration passes the controller's own check", () => {
    const text = one(manifests, "ConfigMap").data["trimtab.yaml"] as string;
    for (const secret of text.matchAll(/\/run\/secrets\/(\S+)\/(\S+)/g)) {
      const [, folder = "", name = ""] = secret;
      mkdirSync(join(secrets, folder), { recursive: true });
      writeFileSync(join(secrets, folder, name), name === "url" ? "postgres://a:b@postgres:5432/c" : `secret-${name}`);
    }
    const { store, tokens, policies } = parseConfig(text.replaceAll("/run/secrets", secrets), "trimtab.yaml", {});
    expect(policies.map(({ component, operation }) => `${component} ${operation}`)).toEqual(["shop checkout"]);
    expect(tokens.map(({ name }) => name)).toEqual(["services", "monitoring", "alertmanager", "people"]);
    expect(store.kind).toBe(deployment.spec.replicas === 1 ? "sqlite" : "postgres");
  });

  test("its pods may do no more than they must", () => {
    for (const { spec } of [pod, one(manifests, "Pod")]) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const each of spec.containers) {
        expect(each.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(each.image).toMatch(/:\d+\.\d+\.\d+$/);
      }
    }
  });

  test("what is mounted is there, and the configuration is where the image looks", () => {
    const volumes = pod.spec.volumes.map(({ name }: { name: string }) => name).sort();
    expect(container.volumeMounts.map(({ name }: { name: string }) => name).sort()).toEqual(volumes);
    const image = readFileSync(join(root, "deploy/docker/controller.Dockerfile"), "utf8");
    const mount = container.volumeMounts.find(({ name }: { name: string }) => name === "config");
    expect(image).toContain(`TRIMTAB_CONFIG=${mount.mountPath}/trimtab.yaml`);
    const claims = pod.spec.volumes.flatMap((volume: any) => volume.persistentVolumeClaim?.claimName ?? []);
    const made = manifests.filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ metadata }) => metadata.name);
    expect([...made, "mine"]).toEqual(expect.arrayContaining(claims));
  });

  test("every selector finds the pods, or the service", () => {
    const labels = pod.metadata.labels as Record<string, string>;
    const service = one(manifests, "Service");
    expect(labels).toMatchObject(deployment.spec.selector.matchLabels);
    expect(labels).toMatchObject(service.spec.selector);
    const selectors = ["PodDisruptionBudget", "NetworkPolicy"].flatMap((kind) => one(manifests, kind)?.spec ?? []);
    for (const { selector, podSelector } of selectors)
      expect(labels).toMatchObject((selector ?? podSelector).matchLabels);
    for (const { spec } of manifests.filter(({ kind }) => kind === "ServiceMonitor") as any[])
      expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const ports = container.ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(service.spec.ports[0].targetPort);
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
      expect(ports).toContain(container[probe].httpGet.port);
    expect(container.livenessProbe.httpGet.path).toBe("/livez");
    expect(container.readinessProbe.httpGet.path).toBe("/readyz");
  });

  test("its notes name the service and the secrets", () => {
    const notes = renderingOf(values).get("NOTES.txt") ?? "";
    expect(notes).toContain("learn-trimtab.shop.svc:4600");
    expect(notes).toContain("trimtab-tokens   keys services, monitoring, alertmanager, people:");
  });
});

test("replicas are never all gone at once, one controller never meets another on its file", () => {
  const replicas = manifestsOfSet(SETS["three replicas"] as object);
  expect(one(replicas, "Deployment").spec).toMatchObject({
    replicas: 3,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } },
  });
  expect(one(replicas, "PodDisruptionBudget").spec.maxUnavailable).toBe(1);
  expect(one(replicas, "PersistentVolumeClaim")).toBeUndefined();
  const alone = manifestsOfSet(single);
  expect(one(alone, "Deployment").spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  expect(one(alone, "PodDisruptionBudget")).toBeUndefined(); // it would keep its node from being drained
  expect(one(alone, "PersistentVolumeClaim").metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
});

test("a changed configuration changes the pods' annotation, and nothing else does", () => {
  const checksum = (values: object): string =>
    one(manifestsOfSet(values), "Deployment").spec.template.metadata.annotations["checksum/config"];
  const before = checksum({ components });
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  expect(checksum({ components, replicas: 5, podLabels: { a: "b" } })).toBe(before);
  expect(checksum({ components: { shop: { operations: { checkout: {}, search: {} } } } })).not.toBe(before);
  expect(checksum({ components, interval: "1m" })).not.toBe(before);
});

test("every rule goes into the PrometheusRule; while they burn in each alert says so, and nobody is told", () => {
  const rulesIn = (values: object): any[] =>
    one(manifestsOfSet(values), "PrometheusRule").spec.groups.flatMap((group: any) => group.rules);
  const files = [...renderedRules()];
  const burning = rulesIn(everything);
  expect(burning.length).toBe(files.length);
  for (const rule of burning.filter(({ alert }) => alert !== undefined)) expect(rule.labels.burn_in).toBe("true");
  expect(rulesIn(SETS["everything switched on, burnt in"] as object)).toEqual(files.map(inNamespaceOfRelease));
  const { route, receivers } = one(manifestsOfSet(everything), "AlertmanagerConfig").spec;
  expect(route.routes).toEqual([
    { receiver: "nobody", matchers: [{ name: "burn_in", matchType: "=", value: "true" }] },
  ]);
  expect(receivers[0]).toEqual({ name: "nobody" });
  expect(receivers[1].webhookConfigs[0].url).toBe("http://learn-trimtab.shop.svc:4600/v1/alerts");
});

/** The operator gives an AlertmanagerConfig the alerts of its own namespace alone; only a target's own says more. */
function inNamespaceOfRelease(rule: any): unknown {
  if (rule.alert === undefined || rule.alert === "TrimtabScrapeFailing") return rule;
  return { ...rule, labels: { ...rule.labels, namespace: release.namespace } };
}

const objectives = readFileSync(join(root, "deploy/prometheus/rules/objectives.rules.yml"), "utf8");

test("the objectives in the PrometheusRule are yours, and never the example's", () => {
  const recordedBy = (prometheusRule: object): string[] =>
    one(manifestsOfSet({ ...everything, prometheusRule }), "PrometheusRule")
      .spec.groups.flatMap(({ rules }: any) => rules)
      .map(({ record }: any) => record)
      .filter((record: string | undefined) => record === "trimtab_success_objective:ratio");
  expect(recordedBy({ enabled: true })).toEqual([]);
  expect(recordedBy({ enabled: true, objectives })).toEqual(["trimtab_success_objective:ratio"]);
  expect(() => recordedBy({ enabled: true, objectives: "components: {}" })).toThrow(/has no groups: give it what/);
});

function* renderedRules(): Generator<any> {
  const folder = join(root, "deploy/prometheus/rules");
  for (const name of readdirSync(folder)
    .filter((each) => each.endsWith(".rules.yml") && !each.startsWith("objectives"))
    .sort()) {
    const { groups } = parse(readFileSync(join(folder, name), "utf8")) as { groups: { rules: unknown[] }[] };
    for (const { rules } of groups) yield* rules;
  }
}

test.each([
  ["an unknown value", { components, replica: 3 }, /must NOT have additional properties/],
  ["replicas as a text", { components, replicas: "3" }, /\/replicas must be integer/],
  ["a store of another kind", { components, store: { kind: "mysql" } }, /\/store\/kind must be equal to one of/],
  ["a role that there is not", { components, tokens: { list: [{ name: "a", key: "a", roles: ["admin"] }] } }, /roles/],
  ["a duration without a unit", { components, interval: "30" }, /\/interval must match pattern/],
  ["what the chart writes itself", { components, controller: { listen: ":1" } }, /\/controller must NOT be valid/],
])("%s is refused by the schema of the values", (_, values, problem) => {
  expect(() => manifestsOfSet(values)).toThrow(ValuesError);
  expect(() => manifestsOfSet(values)).toThrow(problem);
});

test("what cannot work is refused with what to do", () => {
  expect(() => manifestsOfSet({ components, store: { kind: "sqlite" } })).toThrow(
    /set replicas to 1, or store.kind to postgres/,
  );
  expect(() => manifestsOfSet({})).toThrow(/components is empty: tell which operations may be tuned/);
});

test("deploy/kubernetes holds what the chart makes of the values beside it", async () => {
  const manifests: Manifest[] = [];
  for (const name of ["replicas", "single"]) {
    const values = parse(readFileSync(join(root, `deploy/kubernetes/${name}.values.yaml`), "utf8")) as object;
    const rendered = [...renderChart(chart, values, { name: "trimtab", namespace: "trimtab" })]
      .filter(([file, text]) => file.endsWith(".yaml") && !file.startsWith("tests/") && text.trim() !== "")
      .map(([, text]) =>
        text
          .trim()
          .replace(/^ *helm.sh\/chart:.*\n/gm, "")
          .replaceAll("managed-by: Helm", "managed-by: kubectl"),
      );
    const text = [
      `# Made by the chart from ${name}.values.yaml; npm test -- test/deployment -u writes it anew. Secrets, image: docs/deployment.md.`,
      ...rendered.map((each) => `---\n${each}`),
      "",
    ].join("\n");
    await expect(text).toMatchFileSnapshot(join(root, `deploy/kubernetes/${name}.yaml`));
    manifests.push(...manifestsOf(text));
  }
  expect(await problemsOf(manifests)).toEqual([]);
});
