import { describe, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { diagnose, type Facts } from "./diagnosis.ts";

const { policies } = parseConfig(
  `
metrics: { source: prometheus, url: http://127.0.0.1:9090 }
components:
  shop:
    operations:
      checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }, mode: auto }
`,
  "/trimtab.yaml",
  {},
);
const seen = {
  component: "shop",
  operation: "checkout",
  context: {},
  variants: ["base-a", "v-b"],
  calls: 5_000,
  hasQuality: false,
  costUnits: [],
};
const healthy: Facts = {
  policies,
  source: { kind: "prometheus", address: "http://127.0.0.1:9090" },
  targets: [
    { target: "shop/10.0.0.1:9464", up: true, hasOurSeries: true },
    { target: "node/10.0.0.1:9100", up: true, hasOurSeries: false },
  ],
  seen: { kind: "value", value: [seen] },
  controller: { url: "http://127.0.0.1:4600", secondsAhead: 1, source: { reachable: true }, cycles: [] },
  decisions: [{ component: "shop", operation: "checkout", evidence: [{ kind: "value" }], reasons: [] }],
};

function wrong(changes: Partial<Facts>): string[] {
  return diagnose({ ...healthy, ...changes })
    .filter(({ state }) => state === "wrong")
    .map(({ subject, message, remedy }) => `${subject}: ${message} -> ${remedy}`);
}

describe("what keeps a controller from learning", () => {
  test("is nothing where all is well; targets of others are none of our business", () => {
    expect(diagnose(healthy).map(({ state, subject }) => [state, subject])).toEqual([
      ["ok", "controller"],
      ["ok", "metrics"],
      ["ok", "shop / checkout"],
    ]);
  });

  test.each([
    [
      31,
      "clock: the controller's clock is 31 s ahead of this machine's -> Set both by NTP; windows are cut by the clock.",
    ],
    [
      -6.2,
      "clock: the controller's clock is 6 s behind this machine's -> Set both by NTP; windows are cut by the clock.",
    ],
  ])("is a clock that is %d s off", (secondsAhead, finding) => {
    expect(wrong({ controller: { url: "", secondsAhead, source: { reachable: true }, cycles: [] } })).toEqual([
      finding,
    ]);
  });

  test("is a Prometheus that does not answer", () => {
    expect(wrong({ seen: { kind: "error", detail: "connection refused" }, targets: [] })).toEqual([
      "metrics: http://127.0.0.1:9090 gave no answer: connection refused -> Is Prometheus running, and is metrics.url its address? A proxy may need metrics.token or metrics.headers.",
    ]);
  });

  test("is a service that Prometheus does not scrape", () => {
    expect(wrong({ seen: { kind: "value", value: [] }, targets: [] })).toEqual([
      "metrics: Prometheus has seen no tracked operation in the last hour -> Is the service a target of this Prometheus (Status > Targets), and has an operation been called?",
    ]);
  });

  test("are too few calls, or none", () => {
    expect(wrong({ seen: { kind: "value", value: [{ ...seen, calls: 12.4 }] } })[0]).toMatch(
      /^shop \/ checkout: only 12 calls in the last hour/,
    );
    expect(wrong({ seen: { kind: "value", value: [{ ...seen, calls: 0 }] } })[0]).toMatch(
      /^shop \/ checkout: no calls in the last hour/,
    );
  });

  test("is a service that takes no parameters from a controller", () => {
    expect(wrong({ seen: { kind: "value", value: [{ ...seen, variants: ["unknown"] }] } })[0]).toMatch(
      /no call carries a variant/,
    );
  });

  test.each(["no-data", "not-a-number", "several-series", "stale", "partial", "error", "timeout"])(
    "is evidence that is %s, with a remedy",
    (kind) => {
      const [finding] = wrong({
        decisions: [
          {
            component: "shop",
            operation: "checkout",
            evidence: [{ kind, detail: "because" }, { kind: "value" }],
            reasons: [],
          },
        ],
      });
      expect(finding).toMatch(
        new RegExp(`the evidence of 1 of the last 2 cycles could not be used \\(${kind}\\): because -> .+`),
      );
    },
  );
});

describe("an operation whose outcomes are reported", () => {
  const reportedBy = (secondsAgo: number | undefined, changes: Partial<Facts> = {}): string[] =>
    diagnose({
      ...healthy,
      seen: { kind: "value", value: [] },
      source: { kind: "reported", address: "POST /v1/outcomes" },
      reported: [{ component: "shop", operation: "checkout", ...(secondsAgo === undefined ? {} : { secondsAgo }) }],
      ...changes,
    }).map(({ state, subject, message }) => `${state} ${subject}: ${message}`);

  test("is well where a report arrived, and no metrics page is missed", () => {
    expect(reportedBy(12.4)).toEqual([
      "ok controller: answers at http://127.0.0.1:4600, reads its source, and its cycles run",
      "ok shop / checkout: the last outcome was reported 12 s ago",
    ]);
  });

  test("is told where nothing arrived, or nothing for long", () => {
    expect(reportedBy(undefined)).toContain(
      "wrong shop / checkout: its outcomes are reported, and none has arrived yet",
    );
    expect(reportedBy(7_200)).toContain("note shop / checkout: the last outcome was reported 120 minutes ago");
  });

  test("is not looked for among the series of others", () => {
    const other = { ...seen, component: "cart" };
    const found = reportedBy(1, {
      source: { kind: "prometheus", address: "http://127.0.0.1:9090" },
      seen: { kind: "value", value: [other] },
    });
    expect(found).toContain("ok shop / checkout: the last outcome was reported 1 s ago");
    expect(found.filter((line) => line.startsWith("wrong"))).toEqual([]);
  });
});
