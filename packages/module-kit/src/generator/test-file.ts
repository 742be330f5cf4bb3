/** The tests of a generated module: valid, adapted and invalid input, feedback, and the contract that every module keeps. */
import type { ModuleNames } from "./module-names.ts";

/** src/module.test.ts */
export function testFile({ value, type, words }: ModuleNames): string {
  return `import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModuleConfigurationError, type ModuleLog, ModuleProcessingError } from "@trimtab/module-kit";
import { describeModule, reproducible, simulateFeedback, valuesByContext } from "@trimtab/module-kit/testing";
import { ${type}Error } from "./errors.ts";
import { readingFeedback } from "./feedback.ts";
import { ${value} } from "./module.ts";
import { KINDS, textOf } from "./sample-texts.ts";

const log: ModuleLog = { debug() {}, info() {}, warning() {}, error() {} };
const alone = { log, controller: false } as const;
const input = { kind: "news", text: textOf("news", 0) } as const;

describe("the ${words}", () => {
  test("gives a result with the base values, and records it", async () => {
    await using module = ${value}.create({}, alone);
    const result = await module.process(input);
    assert.equal(result.data.sentences.kept, 5);
    assert.equal(result.data.sentences.all, 10);
    assert.deepEqual(result.parameters, { share: 0.5, pick: "first" });
    assert.deepEqual(result.context, { kind: "news" });
    assert.equal(result.adaptationApplied, false);
    assert.ok(result.quality !== undefined && result.quality > 0 && result.quality < 1);
    assert.equal((await module.getPerformanceMetrics("1h")).outcomes?.success, 1);
  });

  test("begins with the share that its configuration says", async () => {
    await using module = ${value}.create({ share: 0.3 }, alone);
    const { data, adaptationApplied } = await module.process(input);
    assert.deepEqual([data.sentences.kept, adaptationApplied], [3, false]);
  });

  test("uses what was adapted, where the context fits", async () => {
    await using module = ${value}.create({}, alone);
    const adaptation = await module.suggestAdaptation({
      context: { kind: "news" },
      parameter: "share",
      value: 0.2,
      confidence: 0.8,
      reason: "readers of news are in a hurry",
    });
    assert.equal(adaptation.applied, true);
    const adapted = await module.process(input);
    assert.equal(adapted.adaptationApplied, true);
    assert.equal(adapted.data.sentences.kept, 2);
    const other = await module.process({ kind: "story", text: textOf("story", 0) });
    assert.equal(other.adaptationApplied, false);
  });

  test("only keeps a suggestion that is less certain than the threshold", async () => {
    await using module = ${value}.create({ adaptationThreshold: 0.9 }, alone);
    const proposal = { parameter: "share", value: 0.2, confidence: 0.8, reason: "a guess" };
    assert.equal((await module.suggestAdaptation(proposal)).status, "suggested");
    assert.equal((await module.process(input)).adaptationApplied, false);
  });

  test("refuses an input that does not fit, and records the failure", async () => {
    await using module = ${value}.create({}, alone);
    await assert.rejects(module.process({ kind: "poem", text: "" } as never), (error) => {
      assert.ok(error instanceof ModuleProcessingError);
      assert.match(error.message, /kind is "poem"/);
      return true;
    });
    assert.equal((await module.getPerformanceMetrics("1h")).outcomes?.failure, 1);
    assert.equal((await module.recentOperations())[0]?.errorType, "invalid_input");
  });

  test("passes on what its work throws, and records the failure", async () => {
    await using module = ${value}.create({ longestText: 10 }, alone);
    await assert.rejects(module.process(input), (error) => {
      assert.ok(error instanceof ModuleProcessingError && error.cause instanceof ${type}Error);
      return true;
    });
    assert.equal((await module.recentOperations({ kind: "news" }))[0]?.errorType, "${type}Error");
  });

  test("records feedback once, and refuses what is none", async () => {
    await using module = ${value}.create({}, alone);
    const { id } = await module.process(input);
    const reading = readingFeedback({ readSeconds: 30, neededSeconds: 40, id: "reading-1" });
    assert.equal((await module.applyFeedback(id, reading)).recorded, "added");
    assert.equal((await module.applyFeedback(id, reading)).recorded, "known");
    assert.equal((await module.processUserFeedback(id, 5, "short and clear")).recorded, "added");
    await assert.rejects(module.processUserFeedback(id, 6), /ratings are from 1 to 5/);
  });

  test("learns the share that each kind of text needs", async () => {
    await using module = ${value}.create({}, { ...alone, ...reproducible(1) });
    const done = await simulateFeedback(module, {
      name: "readers of three kinds",
      rounds: 24,
      callsPerRound: 90,
      input: ({ index }) => {
        const kind = KINDS[index % KINDS.length] ?? "news";
        return { kind, text: textOf(kind, index) };
      },
      feedback: ({ quality = 0 }, { index }) => (index % 9 === 0 ? { score: quality, key: String(index) } : undefined),
    });
    const { meanQuality: before = 0 } = done.rounds[0] ?? {};
    const last = done.rounds.slice(-4).map(({ meanQuality = 0 }) => meanQuality);
    const after = last.reduce((sum, quality) => sum + quality, 0) / last.length;
    assert.ok(after > before + 0.03, \`from \${before} to \${after}\`);
    const learnt = valuesByContext(done.lastResults);
    assert.ok(Number(learnt["kind=news"]?.["share"]) < Number(learnt["kind=story"]?.["share"]), JSON.stringify(learnt));
    assert.deepEqual(done.feedback, { added: 240, known: 0 });
  });

  test("tells every mistake of its configuration at once", () => {
    assert.throws(
      () => ${value}.create({ shara: 0.4, longestText: 0 } as never),
      (error) => {
        assert.ok(error instanceof ModuleConfigurationError);
        assert.match(error.message, /shara is not known; did you mean share\\?/);
        assert.match(error.message, /longestText is 0/);
        return true;
      },
    );
  });
});

describeModule(
  "the ${words}",
  {
    make: (dependencies) => ${value}.create({}, dependencies),
    input: (index: number) => ({ kind: "news", text: textOf("news", index) }),
    invalidInput: { kind: "news" },
  },
  { describe, test },
);
`;
}
