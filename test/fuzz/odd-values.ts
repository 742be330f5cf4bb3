/** What people, proxies and attackers send: values that break programs, and the places of a body where they are put. */
import fc from "fast-check";

/** A number as it stands in the text of a body: some have no value in JavaScript. */
const NUMBERS = [
  "1e309",
  "-1e309",
  "1e-400",
  "-0",
  "9007199254740993",
  "1E400",
  "0.1e1",
  `${"9".repeat(400)}`,
  `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
];

/** A text that `bodyText` writes as the number that it names. */
const RAW = "@@number:";

/** Texts that are hard to keep, to compare or to print. */
export const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\u0001\u001f\u007f\u0085",
  "line\r\nSet-Cookie: a=b",
  "\ud800",
  "a\udfffb",
  "\ud83d\ude00",
  "\u202e\u2066",
  "\ufeff",
  "\uffff",
  "e\u0301\u0323",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "%00%2f",
  "'; drop table adaptations; --",
  '"}],"a":[{"',
  "{{7*7}}${7*7}",
  "<script>alert(1)</script>",
  "NaN",
  "Infinity",
  "null",
  "1e309",
  "0x10",
  "-1",
  "99999999999999999999999999",
  "2026-13-45T99:99:99Z",
  "+275760-09-13T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "x".repeat(129),
  "y".repeat(4_097),
  "\u{1f600}".repeat(300),
  "z".repeat(70_000),
];

/** Any odd value of JSON. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.constantFrom(...ODD_TEXTS), weight: 4 },
  { arbitrary: fc.constantFrom(...NUMBERS).map((text) => RAW + text), weight: 2 },
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, -1e308, 5e-324, 2 ** 53, 1.5, [], {}, [[]], [null], {
    "": "",
  }),
  fc.constantFrom(10, 100, 3_000).map(nested),
  fc
    .constantFrom("__proto__", "constructor", "toJSON", "length", "")
    .map((key) => Object.fromEntries([[key, { a: 1 }]])),
  fc.constant(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]))),
  fc.constant(Array.from({ length: 600 }, () => ({}))),
  fc.jsonValue({ maxDepth: 3 }),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** What is done to one place of a body. */
interface Mutation {
  readonly kind: "replace" | "remove" | "add" | "double" | "wrap" | "end";
  /** Which of the places, as a share of them. */
  readonly place: number;
  readonly key: string;
  readonly value: unknown;
}

/** The body with one place changed; sometimes two. */
export function nearlyValid(body: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom(
      "replace" as const,
      "replace" as const,
      "remove" as const,
      "add" as const,
      "double" as const,
      "wrap" as const,
      "end" as const,
    ),
    place: fc.double({ min: 0, max: 0.999, noNaN: true }),
    key: fc.constantFrom("__proto__", "constructor", "extra", "", "\u0000", "id ", "ID", "\ud800"),
    value: oddValue,
  });
  return fc
    .tuple(body, fc.array(mutation, { minLength: 1, maxLength: 2 }))
    .map(([value, mutations]) => mutations.reduce<unknown>(mutated, value));
}

function mutated(body: unknown, { kind, place, key, value }: Mutation): unknown {
  const paths = placesOf(body);
  const path = paths[Math.floor(place * paths.length)] ?? [];
  return changedAt(body, path, (old, isElement) => {
    if (kind === "remove" && path.length > 0) return undefined;
    if (kind === "add" && typeof old === "object" && old !== null && !Array.isArray(old))
      return Object.fromEntries([...Object.entries(old), [key, value]]);
    if (kind === "double" && Array.isArray(old)) return [...old, ...old];
    if (kind === "end" && typeof old === "string") return `${old}${key}`;
    if (kind === "wrap") return isElement ? { [key]: old } : [old];
    return value;
  });
}

type Path = readonly (string | number)[];

function placesOf(value: unknown, path: Path = []): Path[] {
  if (path.length > 6 || typeof value !== "object" || value === null) return [path];
  const inner: [string | number, unknown][] = Array.isArray(value)
    ? value.slice(0, 5).map((each, index) => [index, each])
    : Object.entries(value);
  return [path, ...inner.flatMap(([key, each]) => placesOf(each, [...path, key]))];
}

function changedAt(
  value: unknown,
  path: Path,
  change: (old: unknown, isElement: boolean) => unknown,
  isElement = false,
): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return change(value, isElement);
  if (Array.isArray(value))
    return value.flatMap((each, index) => {
      if (index !== first) return [each];
      const changed = changedAt(each, rest, change, true);
      return changed === undefined ? [] : [changed];
    });
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, each]) => {
      if (key !== first) return [[key, each]];
      const changed = changedAt(each, rest, change);
      return changed === undefined ? [] : [[key, changed]];
    }),
  );
}

/** A body as JSON. */
export function bodyText(body: unknown): string {
  return JSON.stringify(body).replaceAll(new RegExp(`"${RAW}([^"]+)"`, "g"), "$1");
}
