/**
 * What the service's other meters say, from the text format 0.0.4 that their SDK writes to OpenMetrics 1.0. The series stay the same;
 * what differs is said above them: a counter's family lacks `_total`, a unit is the end of the name or is left out, quotes in a
 * description are escaped, and each family stands in one place, under one heading, though two scopes may have an instrument of it.
 */
import { Turns } from "../turns.ts";

/** Names of samples that a family has beside its own, by its type; no other family may be called so. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  summary: ["_sum", "_count", "_created"],
  gauge: [],
  unknown: [],
};

interface Family {
  readonly name: string;
  type: string | undefined;
  unit: string | undefined;
  help: string | undefined;
  samples: string;
}

/**
 * The families in OpenMetrics, one text for each. Undefined where OpenMetrics has no words for them, such as two types of one name:
 * the page is then plain. Others have turns meanwhile.
 */
export async function openFamilies(plain: string): Promise<readonly string[] | undefined> {
  const turns = new Turns();
  const families = new Map<string, Family>();
  for (const line of plain.split("\n")) {
    if (turns.isOver) await turns.pass();
    if (line !== "" && !take(line, families)) return undefined;
  }
  const names = new Set<string>();
  const texts: string[] = [];
  for (const family of families.values()) {
    const type = typeOf(family);
    const name = type === "counter" ? family.name.slice(0, -"_total".length) : family.name;
    for (const suffix of ["", ...(SUFFIXES[type] ?? [])]) {
      if (names.has(name + suffix)) return undefined;
      names.add(name + suffix);
    }
    texts.push(heading(name, type, family) + family.samples);
  }
  return texts;
}

/** False for what cannot be told. */
function take(line: string, families: Map<string, Family>): boolean {
  const [, keyword, named = "", text = ""] = /^# (HELP|TYPE|UNIT) (\S+) ?(.*)$/.exec(line) ?? [];
  if (keyword === undefined) return line.startsWith("#") || takeSample(line, families);
  const family = familyOf(named, families);
  if (keyword === "HELP") family.help ??= text;
  else if (keyword === "UNIT") family.unit ??= text;
  else if (family.type !== undefined && family.type !== text) return false;
  else family.type = text;
  return true;
}

function takeSample(line: string, families: Map<string, Family>): boolean {
  const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
  if (name === undefined) return false;
  const valueAt = Math.max(line.lastIndexOf("}") + 1, name.length);
  const [value, milliseconds] = line.slice(valueAt).trim().split(/\s+/);
  const time = milliseconds === undefined ? "" : ` ${Number(milliseconds) / 1000}`;
  const whole = families.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  const hasParts = whole?.type === "histogram" || whole?.type === "summary";
  const family = hasParts ? whole : familyOf(name, families);
  family.samples += `${line.slice(0, valueAt).trimEnd()} ${value}${time}\n`;
  return true;
}

function familyOf(name: string, families: Map<string, Family>): Family {
  const known = families.get(name);
  if (known !== undefined) return known;
  const family: Family = { name, type: undefined, unit: undefined, help: undefined, samples: "" };
  families.set(name, family);
  return family;
}

/** A counter whose series lack `_total` would get another name: it is of no known type instead. */
function typeOf({ name, type = "unknown" }: Family): string {
  if (type === "counter" && !name.endsWith("_total")) return "unknown";
  return type in SUFFIXES ? type : "unknown";
}

function heading(name: string, type: string, { unit, help }: Family): string {
  const unitLine = unit && name.endsWith(`_${unit}`) ? `# UNIT ${name} ${unit}\n` : "";
  // Line breaks and backslashes are escaped in the plain text already.
  const helpLine = help === undefined ? "" : `# HELP ${name} ${help.replaceAll('"', '\\"')}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}${helpLine}`;
}
