import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { AllocationDocument } from "@trimtab/conventions";
import { beforeEach, describe, expect, test } from "vitest";
import { sumOf } from "../exposition.test.support.ts";
import { createTracker } from "../index.ts";
import { instrumentation } from "../instance.ts";
import { type Watched, watched } from "../metrics/cells.test.support.ts";
import { listenToWarnings } from "../own-failure.ts";
import { rememberAssignment } from "./assigned-answer.ts";
import type { ServedParameters } from "./served-parameters.ts";

const issuedAt = Date.parse("2026-11-20T10:00:00Z");
let service: Watched;
let warnings: string[];
let operation = "";
let number = 0;

beforeEach(() => {
  operation = `guarded_${number++}`;
  warnings = [];
  listenToWarnings((message) => warnings.push(message));
  service = watched();
  apply({});
});

function documentWith(change: { revision?: string; salt?: string; challenger?: number }): AllocationDocument {
  const { revision = "1", salt = "s", challenger = 0.2 } = change;
  return {
    schema: 1,
    revision,
    issuedAt: "2026-11-20T10:00:00Z",
    exploreUntil: "2026-11-20T10:05:00Z",
    component: "shop",
    operations: {
      [operation]: {
        context: ["genre"],
        holdoutSalt: "h",
        parameters: { level: { type: "integer", base: 1, min: 1, max: 9 } },
        allocations: [
          {
            context: { genre: "rock" },
            salt,
            variants: [
              { id: "base-b", role: "baseline", weight: 0.1, parameters: { level: 1 } },
              { id: "v-good", role: "incumbent", weight: 0.9 - challenger, parameters: { level: 2 } },
              { id: "v-bad", role: "challenger", weight: challenger, parameters: { level: 3 } },
            ],
          },
        ],
      },
    },
  };
}

function apply(change: Parameters<typeof documentWith>[0]): void {
  expect(
    service.shared.parameters.apply(documentWith(change), [service.shared.operation(operation)], {
      controllerTime: issuedAt,
    }),
  ).toBeUndefined();
}

/** A call of the service: level 3 breaks it. */
function serve(options: { key?: string; parameters?: ServedParameters } = {}): unknown {
  const call = service.shared.begin(operation, { genre: "rock" }, options);
  const { level } = call?.parameters ?? {};
  if (level === 3) call?.fallThrough(new RangeError("too much"));
  else call?.succeed(undefined);
  return level;
}

function serveTimes(times: number): number {
  return Array.from({ length: times }, () => serve()).filter((level) => level === 3).length;
}

describe("a challenger that breaks the service", () => {
  test("gets a few calls and then none, in this process and before the controller knows", () => {
    // Of n calls the challenger gets a fifth. It is stopped at its 20th call or a little later, where few others have come by then.
    const broken = serveTimes(1000);
    expect(broken).toBeGreaterThanOrEqual(20);
    expect(broken).toBeLessThan(30);
    expect(serveTimes(1000)).toBe(0);
    const page = service.scrape();
    const labels = { operation, variant: "v-bad", ctx_genre: "rock" };
    expect(sumOf(page, "trimtab_challenger_stopped_total", labels)).toBe(1);
    expect(sumOf(page, "trimtab_challenger_stopped_total")).toBe(1);
    expect(sumOf(page, "trimtab_operation_calls_total", { ...labels, outcome: "failure" })).toBe(broken);
    expect(sumOf(page, "trimtab_parameters_served_total", { source: "fresh" })).toBe(2000);
    expect(warnings).toEqual([
      expect.stringMatching(
        /challenger v-bad fails plainly .*; its calls go to v-good until the controller changes the shares/,
      ),
    ]);
  });

  test("loses its sticky keys to the incumbent, and the other keys stay where they were", () => {
    const keys = Array.from({ length: 400 }, (_, at) => `user-${at}`);
    const levels = keys.map(
      (key) =>
        service.shared.parameters.choose(
          service.shared.operation(operation),
          service.shared.operation(operation).contexts.find({ genre: "rock" }),
          key,
          undefined,
        ).parameters["level"],
    );
    for (const key of keys) serve({ key });
    const after = keys.map((key) => serve({ key }));
    expect(levels.filter((level) => level === 3).length).toBeGreaterThan(40);
    expect(after).toEqual(levels.map((level) => (level === 3 ? 2 : level)));
  });

  test("stays stopped while newer documents say the same, and comes back with other shares, counted anew", () => {
    serveTimes(1000);
    apply({ revision: "2" });
    expect(serveTimes(500)).toBe(0);
    apply({ revision: "3", challenger: 0.3 });
    expect(serveTimes(1000)).toBeGreaterThanOrEqual(20);
    expect(serveTimes(500)).toBe(0);
    apply({ revision: "4", challenger: 0.3, salt: "t" });
    expect(serveTimes(500)).toBeGreaterThanOrEqual(20);
    expect(sumOf(service.scrape(), "trimtab_challenger_stopped_total")).toBe(3);
    expect(warnings).toHaveLength(1);
  });

  describe("is judged by calls that were handed their parameters", () => {
    const ask = (key?: string): ServedParameters => {
      const tracked = service.shared.operation(operation);
      const chosen = service.shared.parameters.choose(
        tracked,
        tracked.contexts.find({ genre: "rock" }),
        key,
        undefined,
      );
      const { id, parameters, source, revision } = chosen;
      const answer = { values: parameters, variant: id, source, revision };
      rememberAssignment(answer, chosen);
      return answer;
    };
    const stops = (): number | undefined =>
      sumOf(service.scrape(), "trimtab_challenger_stopped_total", { operation, variant: "v-bad" });

    test("too; what was asked for before the stop is still served", () => {
      const answers = Array.from({ length: 1000 }, () => ask());
      const broken = answers.filter((answer) => serve({ parameters: answer }) === 3);
      expect(broken.length).toBeGreaterThan(100);
      expect(stops()).toBe(1);
    });

    test("through the public functions, too", () => {
      const component = `guarded_component_${number}`;
      const { parameters } = instrumentation().component(component);
      parameters.apply({ ...documentWith({}), component }, [], { controllerTime: undefined });
      const tracker = createTracker(component);
      const serveOnce = (): unknown => {
        const answer = tracker.parameters(operation, { genre: "rock" });
        const { level } = answer.values;
        const isBroken = level === 3;
        tracker.track(operation, { genre: "rock" }, (call) => void (isBroken && call.fail()), { parameters: answer });
        return level;
      };
      const levels = Array.from({ length: 1000 }, serveOnce);
      expect(levels.filter((level) => level === 3).length).toBeLessThan(30);
      expect(levels.slice(500)).not.toContain(3);
      expect(levels).toContain(3);
    });

    test("once for each answer, and once for each key, however many calls they are handed to", () => {
      const answers = Array.from({ length: 200 }, () => ask());
      const [bad] = answers.filter(({ variant }) => variant === "v-bad");
      for (const answer of answers) if (answer.variant !== "v-bad") serve({ parameters: answer });
      for (let at = 0; at < 200; at++) if (bad) serve({ parameters: bad });
      const key = Array.from({ length: 100 }, (_, at) => `user-${at}`).find((each) => ask(each).variant === "v-bad");
      for (let at = 0; at < 200; at++) serve({ parameters: ask(key) });
      expect(
        sumOf(service.scrape(), "trimtab_operation_calls_total", { operation, variant: "v-bad", outcome: "failure" }),
      ).toBe(400);
      expect(stops()).toBeUndefined();
    });

    test("but not by copies of answers, which may come from anywhere", () => {
      for (let at = 0; at < 500; at++) serve({ parameters: { ...ask() } });
      expect(stops()).toBeUndefined();
    });
  });
});

test("with 2,000 challengers one after the other, each stopped, nothing is left of those that are gone", () => {
  const collectGarbage = (): number => {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    return process.memoryUsage().heapUsed;
  };
  const live = (each: number): boolean => {
    apply({ revision: String(each), salt: String(each) });
    let isStopped = false;
    for (let at = 0; at < 60; at++) {
      const variant = at % 2 === 0 ? "v-bad" : "v-good";
      const guard = service.shared.operation(operation).allocations?.find({ genre: "rock" })?.guard;
      const calls = guard?.watch(variant);
      calls?.begin();
      isStopped = calls?.end(variant === "v-bad", `user-${each}-${at}`) !== undefined || isStopped;
    }
    return isStopped;
  };
  for (let each = 0; each < 200; each++) expect(live(each)).toBe(true);
  const before = collectGarbage();
  for (let each = 200; each < 2000; each++) live(each);
  expect(collectGarbage() - before).toBeLessThan(1_000_000); // their keys alone would be three times that
});

test("a fault of everything stops nothing: with nine calls of ten failing everywhere the challenger goes on", () => {
  for (let at = 0; at < 5000; at++) {
    const call = service.shared.begin(operation, { genre: "rock" }, {});
    void call?.parameters;
    if (at % 10 === 0) call?.succeed(undefined);
    else call?.fail("database");
    call?.succeed(undefined);
  }
  expect(sumOf(service.scrape(), "trimtab_challenger_stopped_total")).toBeUndefined();
});

test("once exploring is over the challenger's calls go to the incumbent, and the page says that nothing fresh is served", () => {
  service.clock.milliseconds = 300_001;
  expect(serveTimes(500)).toBe(0);
  const page = service.scrape();
  expect(sumOf(page, "trimtab_parameters_served_total", { source: "last_known_good" })).toBe(500);
  expect(sumOf(page, "trimtab_parameters_served_total", { source: "fresh" })).toBe(0);
  expect(sumOf(page, "trimtab_parameters_age_seconds")).toBe(300.001);
  expect(sumOf(page, "trimtab_operation_calls_total", { variant: "base-b", outcome: "success" })).toBeGreaterThan(10);
});
