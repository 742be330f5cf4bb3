import { variantId } from "@trimtab/conventions";
import type { DecideOutput, Evidence, OperationPolicy } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  FIRST_CYCLE_AT,
  sampleAdaptation,
  sampleCycle,
  sampleDecision,
  samplePolicy,
} from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { CycleRecord, Store } from "../stores/store.ts";
import type { Log } from "./log.ts";
import { type CycleDependencies, cycleSeed, type Decide, policyHash, runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";

const NOW = FIRST_CYCLE_AT + 7_000; // in the middle of a step of the grid
const LATEST_END = FIRST_CYCLE_AT - 30_000;
const calls = [cellOf({ genre: "rock" }, variantId({ temperature: 0.5 }, "baseline"), { success: 90, failure: 10 })];

function fakeLog() {
  return {
    debug: vi.fn<Log["debug"]>(),
    info: vi.fn<Log["info"]>(),
    warning: vi.fn<Log["warning"]>(),
    error: vi.fn<Log["error"]>(),
  };
}

/** Decides nothing, and remembers how often it was asked. */
function holding(changes: Partial<DecideOutput["decision"]> = {}) {
  return vi.fn<Decide>((input) => {
    const cyclesSeen = Number(input.state?.["cyclesSeen"] ?? 0) + 1;
    const decision = sampleDecision(cyclesSeen, { at: input.now, window: input.evidence.window, ...changes });
    return { decision, state: { schema: 1, cyclesSeen } };
  });
}

describe("one pass", () => {
  let store: Store;
  let log: ReturnType<typeof fakeLog>;
  beforeEach(async () => {
    store = createSqlStore(await openSqliteDatabase(":memory:"));
    log = fakeLog();
  });
  afterEach(() => store.close());

  const source = () => scriptedSource(15_000, () => ({ kind: "value", value: calls }));
  const run = (changes: Partial<CycleDependencies> = {}, policy: OperationPolicy = samplePolicy()) =>
    runCycle(policy, {
      store,
      source: source(),
      decide: holding(),
      log,
      intervalMilliseconds: 30_000,
      now: NOW,
      ...changes,
    });

  test("reads the newest window, decides on it and records everything that the decision depended on", async () => {
    const decide = holding();
    const asking = source();
    const outcome = await run({ decide, source: asking });
    const window = { from: LATEST_END - 30_000, to: LATEST_END };
    expect(asking.asked).toEqual([{ component: "shop", operation: "checkout", context: ["genre"], window }]);
    const seed = cycleSeed("shop", "checkout", 1);
    const input = decide.mock.calls[0]?.[0];
    expect(input).toMatchObject({ policy: samplePolicy(), state: undefined, now: NOW, seed, evidence: { window } });
    expect(outcome).toMatchObject({ kind: "recorded", cycle: 1, policyHash: policyHash(samplePolicy()) });

    const [recorded] = (await store.listCycles(samplePolicy(), { limit: 1 })).items;
    expect(recorded).toMatchObject({
      cycle: 1,
      seed,
      evidence: input?.evidence,
      decision: { at: NOW },
      state: { cyclesSeen: 1 },
    });
    expect(await store.loadPolicy(recorded?.policyHash ?? "")).toEqual(samplePolicy());
  });

  test("the next one begins where it ended, with the state that was stored", async () => {
    await run();
    const asking = source();
    const decide = holding();
    await run({ source: asking, decide, now: NOW + 45_000 });
    expect(asking.asked[0]?.window).toEqual({ from: LATEST_END, to: LATEST_END + 45_000 });
    expect(decide.mock.calls[0]?.[0].state).toEqual({ schema: 1, cyclesSeen: 1 });
    expect((await store.loadOperation(samplePolicy()))?.cycle).toBe(2);
  });

  test("takes people's acts at once and alone, also while the metric source is gone, and then reads the same window", async () => {
    await run();
    const act = { id: "act-1", who: "ann", why: "a test", at: NOW, kind: "freeze" } as const;
    const outcome = {
      act: "act-1",
      result: "done",
      reason: { code: "PERSON_FROZE", sentence: "ann froze it" },
    } as const;
    const acts = { waitingActs: () => Promise.resolve([act]) };
    const decide = holding({ acts: [outcome] });
    const asking = scriptedSource(15_000, () => ({ kind: "timeout", detail: "gone" }));
    const recorded: CycleRecord[] = [];
    const recordCycle = async (record: CycleRecord) => void recorded.push(record);
    await run({
      acts,
      decide,
      source: asking,
      now: NOW + 45_000,
      store: { loadOperation: (key) => store.loadOperation(key), recordCycle },
    });
    expect(asking.asked).toEqual([]);
    const at = { from: LATEST_END, to: LATEST_END };
    expect(decide.mock.calls[0]?.[0]).toMatchObject({
      acts: [act],
      evidence: { window: at, cells: { kind: "no-data" } },
    });
    expect(recorded).toMatchObject([{ cycle: 2, acts: [act], evidence: { window: at } }]);
    expect(log.info).toHaveBeenCalledWith(
      "act done",
      expect.objectContaining({ act: "act-1", reason: "PERSON_FROZE" }),
    );
  });

  test("goes on to its window where acts cannot be recorded: they wait, and the log says so", async () => {
    const acts = {
      waitingActs: () => Promise.resolve([{ id: "nobody's", who: "", why: "", at: NOW, kind: "freeze" } as const]),
    };
    expect(await run({ acts })).toMatchObject({ kind: "recorded", cycle: 1, decision: { window: { to: LATEST_END } } });
    expect(log.error).toHaveBeenCalledWith("acts could not be taken", expect.objectContaining({ acts: ["nobody's"] }));
  });

  test("is skipped while no new window is complete", async () => {
    await run();
    const asking = source();
    expect(await run({ source: asking, now: NOW + 5_000 })).toEqual({
      kind: "skipped",
      reason: "no complete window since the last one",
    });
    expect(asking.asked).toEqual([]);
    expect(log.warning).not.toHaveBeenCalled();
  });

  test("is skipped, and says so, while the last window ends in the future", async () => {
    await run();
    expect(await run({ now: NOW - 3_600_000 })).toMatchObject({ kind: "skipped" });
    expect(log.warning).toHaveBeenCalledWith(
      "the last window ends in the future",
      expect.objectContaining({ operation: "checkout", aheadMilliseconds: 3_600_000 }),
    );
  });

  test("after a day of silence it reads the newest hour and says what it left out", async () => {
    await run();
    const asking = source();
    await run({ source: asking, now: NOW + 86_400_000 });
    const to = LATEST_END + 86_400_000;
    expect(asking.asked[0]?.window).toEqual({ from: to - 3_600_000, to });
    expect(log.warning).toHaveBeenCalledWith(
      "evidence after a long pause was dropped",
      expect.objectContaining({ droppedMilliseconds: 86_400_000 - 3_600_000 }),
    );
  });

  test("a source that has nothing is a cycle too: decide hears why", async () => {
    const decide = holding();
    const timeout = { kind: "timeout", detail: "no answer in 10 s" } as const;
    await run({ decide, source: scriptedSource(15_000, () => timeout) });
    expect(decide.mock.calls[0]?.[0].evidence.cells).toEqual(timeout);
    expect((await store.loadOperation(samplePolicy()))?.windowEnd).toBe(LATEST_END);
  });

  test("decide sees what is recorded: a number without JSON text is gone before, not after", async () => {
    const decide = holding();
    const cells = [cellOf({}, "v-a", { success: Number.NaN, failure: -0 })];
    await run({ decide, source: scriptedSource(15_000, () => ({ kind: "value", value: cells })) });
    const seen: Evidence | undefined = decide.mock.calls[0]?.[0].evidence;
    expect(JSON.stringify(seen?.cells)).toContain('"success":null,"failure":0');
    expect((await store.listCycles(samplePolicy(), { limit: 1 })).items[0]?.evidence).toEqual(seen);
  });

  test("when decide throws, nothing is recorded and the next pass reads that window again", async () => {
    await run();
    const before = await store.loadOperation(samplePolicy());
    const decide = (): never => {
      throw new Error("division by zero");
    };
    await expect(run({ decide, now: NOW + 15_000 })).rejects.toThrow("division by zero");
    expect(await store.loadOperation(samplePolicy())).toEqual(before);
    const asking = source();
    await run({ source: asking, now: NOW + 30_000 });
    expect(asking.asked[0]?.window).toEqual({ from: LATEST_END, to: LATEST_END + 30_000 });
  });

  test("a pass that was given up while it read records nothing, whenever the answer comes", async () => {
    const giveUp = new AbortController();
    const answering = scriptedSource(15_000, () => {
      giveUp.abort(new Error("nobody waits any more"));
      return { kind: "value", value: calls };
    });
    await expect(run({ source: answering, signal: giveUp.signal })).rejects.toThrow("nobody waits any more");
    expect(await store.loadOperation(samplePolicy())).toBeUndefined();
  });

  test("when somebody else records the cycle meanwhile, theirs counts", async () => {
    const racing: CycleDependencies["store"] = {
      loadOperation: (key) => store.loadOperation(key),
      async recordCycle(record) {
        await store.recordCycle(sampleCycle(1));
        await store.recordCycle(record);
      },
    };
    expect(await run({ store: racing })).toMatchObject({ kind: "conflict" });
    expect((await store.loadOperation(samplePolicy()))?.decision).toEqual(sampleCycle(1).decision);
    expect(log.warning).toHaveBeenCalledWith("cycle conflict", expect.objectContaining({ cycle: 1 }));
  });

  test("a decision that is not of now is refused: its record could not be replayed", async () => {
    await expect(run({ decide: holding({ at: 1 }) })).rejects.toThrow("the decision says it was made at 1");
    expect(await store.loadOperation(samplePolicy())).toBeUndefined();
  });

  test("an answer for another window is refused: calls would be counted twice or not at all", async () => {
    const confused = source();
    const readEvidence: typeof confused.readEvidence = async (request) => ({
      ...(await confused.readEvidence(request)),
      window: { from: 0, to: LATEST_END },
    });
    await expect(run({ source: { ...confused, readEvidence } })).rejects.toThrow("the source answered for 0 to");
  });

  describe("the log", () => {
    const levelsOf = (message: string) =>
      (["debug", "info", "warning", "error"] as const).filter((level) =>
        log[level].mock.calls.some(([text]) => text === message),
      );

    test("has one line of measurements per cycle at level debug", async () => {
      await run();
      expect(log.debug).toHaveBeenCalledExactlyOnceWith(
        "evidence",
        expect.objectContaining({
          id: "decision-1",
          evidence: {
            window: { from: LATEST_END - 30_000, to: LATEST_END },
            cells: [
              {
                context: "genre=rock",
                variant: variantId({ temperature: 0.5 }, "baseline"),
                calls: { success: 90, failure: 10, partial: 0 },
              },
            ],
          },
        }),
      );
      expect(log.info).not.toHaveBeenCalled();
    });

    test("tells an applied adaptation at level info, with id, reason and evidence", async () => {
      const adaptation = sampleAdaptation("a1", NOW);
      await run({ decide: holding({ adaptations: [adaptation] }) });
      expect(log.info).toHaveBeenCalledExactlyOnceWith(
        "adaptation applied",
        expect.objectContaining({
          id: "a1",
          context: "genre=rock",
          parameter: "temperature",
          oldValue: 0.5,
          newValue: 0.6,
          reason: "PROVEN_BETTER",
          sentence: "0.6 succeeds more often.",
          evidence: adaptation.basis,
        }),
      );
    });

    test("tells a suggestion as a warning and a superseded one as information", async () => {
      await run({ decide: holding({ adaptations: [sampleAdaptation("a1", NOW, { status: "suggested" })] }) });
      expect(levelsOf("adaptation suggested")).toEqual(["warning"]);
      const reason = { code: "REPLACED", sentence: "A newer one." } as const;
      await run({ decide: holding({ transitions: [{ id: "a1", status: "superseded", reason }] }), now: NOW + 15_000 });
      expect(levelsOf("adaptation superseded")).toEqual(["info"]);
    });

    test.each([
      ["rejected", "warning"],
      ["rolled-back", "warning"],
      ["failed", "error"],
      ["approved", "info"],
    ] as const)("tells %s at level %s", async (status, level) => {
      const accepting: CycleDependencies["store"] = {
        loadOperation: async () => undefined,
        recordCycle: async () => {},
      };
      const reason = { code: "LIMIT_LATENCY", sentence: "p95 is 3 s." } as const;
      await run({ store: accepting, decide: holding({ transitions: [{ id: "a1", status, reason }] }) });
      expect(levelsOf(`adaptation ${status}`)).toEqual([level]);
      expect(log[level]).toHaveBeenCalledWith(
        `adaptation ${status}`,
        expect.objectContaining({
          id: "a1",
          reason: "LIMIT_LATENCY",
          evidence: { from: LATEST_END - 30_000, to: LATEST_END },
        }),
      );
    });
  });
});

describe("names of policies and seeds", () => {
  test("a policy's hash depends on what it says and not on the order or on absent parts", () => {
    const { component, ...rest } = samplePolicy();
    expect(policyHash({ ...rest, component })).toBe(policyHash(samplePolicy()));
    const withAbsent = { ...samplePolicy(), objective: { success: { weight: 1 }, quality: undefined } };
    expect(policyHash(withAbsent as unknown as OperationPolicy)).toBe(policyHash(samplePolicy()));
    expect(policyHash(samplePolicy({ holdout: 0.1 }))).not.toBe(policyHash(samplePolicy()));
  });

  test("a seed belongs to one cycle of one operation", () => {
    const seeds = [cycleSeed("a", "b", 1), cycleSeed("a", "b", 2), cycleSeed("a/b", "", 1), cycleSeed("a", "c", 1)];
    expect(new Set(seeds).size).toBe(4);
    expect(cycleSeed("a", "b", 1)).toBe(seeds[0]);
  });
});
