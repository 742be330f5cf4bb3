/** The reference of the configuration tells every key, and only those; what it shows works. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ENVIRONMENT_VARIABLES } from "../../packages/controller/src/config/environment-overrides.ts";
import { configFileJsonSchema } from "../../packages/controller/src/config/file-schema.ts";
import { parseConfig } from "../../packages/controller/src/config.ts";

const reference = new URL("../../docs/reference/", import.meta.url).pathname;
const page = readFileSync(`${reference}configuration.md`, "utf8");

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Every key of the file with its schema, `<name>` for a name of the user's and `[]` for an item of a list. */
function keys(schema: Schema, path = ""): [string, Schema][] {
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const named = Object.entries(schema.properties ?? {}).map(([key, inner]): [string, Schema] => [
    path === "" ? key : `${path}.${key}`,
    inner,
  ]);
  const free = schema.additionalProperties;
  const inner = [
    ...named.flatMap(([key, each]): [string, Schema][] => [[key, each], ...keys(each, key)]),
    ...(typeof free === "object" && Object.keys(free).length > 0 && path !== "" ? keys(free, `${path}.<name>`) : []),
    ...(schema.items?.properties === undefined ? [] : keys(schema.items, `${path}[]`)),
    ...forms.flatMap((form) => keys(form, path)),
  ];
  const unique = new Map<string, Schema>();
  for (const [key, each] of inner) if (!unique.has(key)) unique.set(key, each);
  return [...unique];
}

const rows = page
  .split("\n")
  .map((line) => line.split("|").map((text) => text.trim()))
  .filter((cells) => cells.length === 6 && cells[1]?.startsWith("`"))
  .map(([, key = "", , , fallback = ""]) => ({ key: key.replaceAll("`", ""), fallback }));
const known = keys(configFileJsonSchema() as Schema);

describe("docs/reference/configuration.md", () => {
  test("has one row for each key and none for any other", () => {
    expect(known.length).toBeGreaterThan(40);
    expect(rows.map(({ key }) => key).sort()).toEqual(known.map(([key]) => key).sort());
  });

  test("tells each default as it is", () => {
    const told = new Map(rows.map(({ key, fallback }) => [key, fallback]));
    for (const [key, schema] of known) {
      if (schema.default === undefined) continue;
      const text = typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default);
      expect([key, told.get(key)]).toEqual([key, text.includes(" ") ? text : `\`${text}\``]);
    }
  });

  test("tells every environment variable", () => {
    const told = [...page.matchAll(/^\| `(TRIMTAB_[A-Z_]+)` \|/gm)].map(([, name]) => name);
    for (const variable of [...ENVIRONMENT_VARIABLES, "TRIMTAB_CONFIG", "TRIMTAB_LOG_LEVEL", "TRIMTAB_LOG_FORMAT"])
      expect(told).toContain(variable);
  });

  test("shows examples that are taken", () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
    expect(examples.length).toBeGreaterThan(1);
    const environment = { PROMETHEUS_TOKEN: "a", GRAFANA_TOKEN: "b", SERVICES_TOKEN: "c", ADMIN_TOKEN: "d" };
    for (const example of examples)
      expect(() => parseConfig(example, "/etc/trimtab/trimtab.yaml", environment)).not.toThrow();
  });
});

describe("docs/reference/trimtab.schema.json", () => {
  test('is what "trimtab schema" prints', () => {
    const file = `${reference}trimtab.schema.json`;
    const text = `${JSON.stringify(configFileJsonSchema(), null, 2)}\n`;
    if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(file, text);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(text));
  });

  test("describes every key", () => {
    const bare = known.filter(
      ([key, schema]) =>
        schema.description === undefined && !/(^|\.)(store|operations|kind|type|source|base|scale)$/.test(key),
    );
    expect(bare.map(([key]) => key)).toEqual([]);
  });
});
