import { describe, expect, test } from "vitest";
import { MetricsPageError, parseMetricsPage } from "./metrics-page.ts";

describe("a metrics page", () => {
  test("gives every line with a value, and nothing else", () => {
    const page = [
      "# HELP requests_total Requests.",
      "# TYPE requests_total counter",
      'requests_total{method="get",code="200"} 1027 1395066363000',
      '  requests_total{ method = "post" , code="200", } 3e2\t',
      "",
      "up 1",
      "# EOF",
    ].join("\n");
    expect([...parseMetricsPage(page)]).toEqual([
      {
        name: "requests_total",
        labels: new Map([
          ["method", "get"],
          ["code", "200"],
        ]),
        value: 1027,
      },
      {
        name: "requests_total",
        labels: new Map([
          ["method", "post"],
          ["code", "200"],
        ]),
        value: 300,
      },
      { name: "up", labels: new Map(), value: 1 },
    ]);
  });

  test("label values may hold anything: quotes, backslashes, line breaks, braces and other alphabets", () => {
    const [sample] = parseMetricsPage('x{a="say \\"hi\\"",b="C:\\\\dir",c="two\\nlines",d="{}, #=",e="жанр 🎸"} 1\r\n');
    expect(Object.fromEntries(sample?.labels ?? [])).toEqual({
      a: 'say "hi"',
      b: "C:\\dir",
      c: "two\nlines",
      d: "{}, #=",
      e: "жанр 🎸",
    });
  });

  test("values may be NaN or infinite, in any case", () => {
    const samples = [...parseMetricsPage("a NaN\nb +Inf\nc -inf\nd Infinity\ne -.5e-3\n")];
    const values = samples.map(({ value }) => value);
    expect(values).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      -0.0005,
    ]);
  });

  test("the exemplars and quoted names of OpenMetrics are tolerated", () => {
    const page = 'x_bucket{le="0.5"} 17 1.5 # {trace_id="a1"} 0.4 1.2\n{"жанр.calls","ctx"="a"} 2\n# EOF\n';
    expect([...parseMetricsPage(page)]).toEqual([
      { name: "x_bucket", labels: new Map([["le", "0.5"]]), value: 17 },
      { name: "жанр.calls", labels: new Map([["ctx", "a"]]), value: 2 },
    ]);
  });

  test.each([
    ["<!doctype html>", "line 1 does not begin with a metric's name"],
    ["a 1\nb", "line 2 has no value"],
    ["a b", 'line 1 has "b" for a value'],
    ["a 0x10", 'line 1 has "0x10" for a value'],
    ['a{b="1",b="2"} 1', 'line 1 has the label "b" twice'],
    ['a{b="1" c="2"} 1', "line 1 has no comma between two labels"],
    ["a{b=1} 1", "line 1 has a label value that is not in quotes"],
    ['a{b="1', "line 1 has a label value without an end"],
    ['a{b="\\t"} 1', "line 1 has an unknown escape in a label value"],
    ["a{b} 1", "line 1 has a label without a value"],
    ['a{="1"} 1', "line 1 has a label without a name"],
    ["a 1 2 3", "line 1 goes on after the value and the time"],
    ['a{"b"} 1', "line 1 has two names"],
  ])("%j is refused whole", (page, problem) => {
    expect(() => [...parseMetricsPage(page)]).toThrow(MetricsPageError);
    expect(() => [...parseMetricsPage(page)]).toThrow(problem);
  });
});
