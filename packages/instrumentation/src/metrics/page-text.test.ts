/** Our own page, as a strict reader and Prometheus' own tool read it, whatever a caller passes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExposition, sumOf, valuesOfLabel } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";

const CALLS = "trimtab_operation_calls_total";
const nasty = [
  '"',
  "\\",
  "\n",
  '\\"',
  "\\n",
  "\r\n",
  "\uD800",
  "\uDC00x",
  "\0",
  "{}",
  '",evil="1',
  "=",
  "__proto__",
  " ",
  "\u2028",
  "😀".repeat(100),
];

function taken(component = "shop"): Instrumentation {
  const shared = new Instrumentation({ component, collectionLevel: "comprehensive" });
  shared.metrics.take();
  return shared;
}

function call(shared: Instrumentation, text: string, context: Record<string, string>): void {
  const begun = shared.begin(text, context, {
    parameters: { values: {}, variant: text, revision: undefined, source: "base" },
  });
  begun?.quality(0.5);
  begun?.fail(text);
  begun?.cost(1, text);
  begun?.succeed(undefined);
}

const pageOf = (shared: Instrumentation): string => [...shared.metrics.pageText()].join("");

async function promtool(page: string): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.env["TRIMTAB_PROMTOOL"] ?? "promtool", ["check", "metrics"], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  child.stdin.end(page);
  const [code] = (await once(child, "close")) as [number];
  return { code, said };
}

test("Prometheus' own tool reads every nasty value as operation, context, variant, error type and unit", async () => {
  const shared = taken('a"component\\');
  for (const text of nasty) {
    shared.operation(text).declare({ name: text, context: ["genre"], parameters: undefined });
    call(shared, text, { genre: text });
  }
  const { code, said } = await promtool(pageOf(shared));
  expect(said).not.toContain("parsing error");
  expect([0, 3]).toContain(code); // 3: read, and lint has an opinion on names
  const samples = parseExposition(pageOf(shared));
  const expected = new Set(nasty.map((text) => text.slice(0, 128).toWellFormed()));
  for (const label of ["operation", "variant", "ctx_genre"])
    expect(valuesOfLabel(samples, CALLS, label)).toEqual(expected);
  expect(sumOf(samples, CALLS, { outcome: "failure" })).toBe(nasty.length);
});

test("the tool does refuse a page that is broken", async () => {
  expect((await promtool('a{b="c\n')).code).toBe(1);
});

test("a strict reader reads it whatever keys and values a document and a caller bring", { timeout: 60_000 }, () => {
  const anyText = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(anyText),
      fc.dictionary(anyText, anyText),
      anyText,
      anyText,
      (keys, context, component, text) => {
        const shared = taken(component);
        const declared = [...keys, ...Object.keys(context), "le", "job", "operation", "a_b"];
        shared.operation(text).declare({ name: text, context: declared, parameters: undefined });
        call(shared, text, { ...context, le: "1", operation: "x", a_b: "y" });
        const labels = { outcome: "failure", operation: text.toWellFormed(), ctx_le: "1", ctx_operation: "x" };
        expect(sumOf(parseExposition(pageOf(shared)), CALLS, labels)).toBe(1);
      },
    ),
  );
});
