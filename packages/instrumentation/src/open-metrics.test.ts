/** The reader that the other tests rely on refuses what OpenMetrics forbids. */
import { expect, test } from "vitest";
import { parseOpenMetrics, samplesOf } from "./open-metrics.test.support.ts";

const HISTOGRAM = "# TYPE h histogram\n";

test("a sound page is read", () => {
  const page = `${HISTOGRAM}# HELP h \\"how\\"\nh_bucket{le="1"} 1 # {trace_id="a"} 0.5 17.25\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 9.5\n# EOF\n`;
  const [first] = samplesOf(parseOpenMetrics(page));
  expect(first?.exemplar).toEqual({ labels: { trace_id: "a" }, value: 0.5, at: 17.25 });
});

test.each([
  ["no end mark", "# TYPE a gauge\na 1\n", "no end mark"],
  ["lines after the end mark", "# EOF\na 1\n", "no end mark"],
  ["an empty line", "# TYPE a gauge\n\na 1\n# EOF\n", "no sample"],
  ["a comment", "# TYPE a gauge\n# so\na 1\n# EOF\n", "no sample"],
  ["a counter without _total", "# TYPE a counter\na 1\n# EOF\n", "not of counter a"],
  ["a family called _total", "# TYPE a_total counter\na_total 1\n# EOF\n", "not of counter a_total"],
  ["a unit that is not in the name", "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n", "no unit"],
  ["a quote in a description", '# TYPE a gauge\n# HELP a "b"\na 1\n# EOF\n', "no sample"],
  ["a type of the older format", "# TYPE a untyped\na 1\n# EOF\n", "no type"],
  ["a heading after its samples", "# TYPE a gauge\na 1\n# HELP a so\n# EOF\n", "after its samples"],
  ["a family in two places", "# TYPE a gauge\na 1\n# TYPE b gauge\n# TYPE a gauge\n# EOF\n", "in two places"],
  ["names that clash", "# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 1\n# EOF\n", "two families"],
  ["a series twice", '# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\n# EOF\n', "twice on the page"],
  ["a negative count", "# TYPE a counter\na_total -1\n# EOF\n", "no count"],
  ["an exemplar of a gauge", '# TYPE a gauge\na 1 # {trace_id="b"} 1\n# EOF\n', "no place for an exemplar"],
  ["a long exemplar", `# TYPE a counter\na_total 1 # {t="${"x".repeat(128)}"} 1\n# EOF\n`, "more than 128"],
  ["an exemplar of another bucket", `${HISTOGRAM}h_bucket{le="1"} 1 # {} 2\n# EOF\n`, "outside its bucket"],
  ["buckets that fall", `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\n# EOF\n`, "out of order"],
  ["no last bucket", `${HISTOGRAM}h_bucket{le="1"} 2\nh_count 2\nh_sum 1\n# EOF\n`, "without an upper bound"],
  ["a count of its own", `${HISTOGRAM}h_bucket{le="+Inf"} 2\nh_count 3\nh_sum 1\n# EOF\n`, "no count or sum"],
])("a page with %s is refused", (_, page, reason) => {
  expect(() => parseOpenMetrics(page)).toThrow(reason);
});
