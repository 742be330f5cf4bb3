/** The chart, rendered as `helm template` renders it: defaults and values, the schema of values, the templates, and their files. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Ajv } from "ajv";
import { parse, parseAllDocuments } from "yaml";
import { type ParsedTemplate, parseTemplate } from "./go-template/parse-template.ts";
import { renderTemplates } from "./go-template/render-template.ts";

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [key: string]: unknown;
}

/** What a release is called, and where it goes. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
}

/** The values do not fit values.schema.json. */
export class ValuesError extends Error {
  override readonly name = "ValuesError";
}

/** What a chart makes of values: a text for each file of `templates`. */
export function renderChart(folder: string, values: object, release: Release): ReadonlyMap<string, string> {
  const chart = readYaml(join(folder, "Chart.yaml"));
  const merged = mergedValues(readYaml(join(folder, "values.yaml")), values);
  const validate = new Ajv({ allErrors: true }).compile(
    JSON.parse(readFileSync(join(folder, "values.schema.json"), "utf8")) as object,
  );
  if (!validate(merged))
    throw new ValuesError(
      (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join("\n"),
    );
  const templates = join(folder, "templates");
  const files = new Map<string, ParsedTemplate>(
    filesBelow(templates).map((path) => [
      relative(templates, path),
      parseTemplate(relative(templates, path), readFileSync(path, "utf8")),
    ]),
  );
  const root = {
    Values: merged,
    Chart: { Name: chart["name"], Version: chart["version"], AppVersion: chart["appVersion"] },
    Release: { Name: release.name, Namespace: release.namespace, Service: "Helm" },
    Files: {
      Get: (path: string) => readFileSync(join(folder, path), "utf8"),
      Glob: (pattern: string) => {
        const [place = "", ending = ""] = pattern.split("/*");
        const names = readdirSync(join(folder, place)).filter((name) => name.endsWith(ending) && !name.startsWith("."));
        return Object.fromEntries(names.map((name) => [`${place}/${name}`, ""]));
      },
    },
  };
  return new Map(
    [...files.keys()]
      .filter((file) => !file.endsWith(".tpl"))
      .map((file) => [file, renderTemplates(files, file, root)]),
  );
}

/** The objects in what was rendered, in the order of the files. */
export function manifestsIn(rendered: ReadonlyMap<string, string>): Manifest[] {
  return [...rendered].filter(([file]) => file.endsWith(".yaml")).flatMap(([, text]) => manifestsOf(text));
}

/** The objects of a text; Kubernetes reads YAML 1.1. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text, { version: "1.1" }).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const value = document.toJS() as Manifest | null;
    return value === null ? [] : [value];
  });
}

function readYaml(path: string): Record<string, unknown> {
  return parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

/** Maps are merged, everything else is replaced. */
function mergedValues(defaults: unknown, given: unknown): unknown {
  if (!isMap(defaults) || !isMap(given)) return given === undefined ? defaults : given;
  const keys = new Set([...Object.keys(defaults), ...Object.keys(given)]);
  return Object.fromEntries([...keys].map((key) => [key, mergedValues(defaults[key], given[key])]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
