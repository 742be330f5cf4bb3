import { describe, expect, test } from "vitest";
import { accountFor, type FeedbackFacts } from "./feedback-account.ts";

const FACTS: FeedbackFacts = {
  reports: 2,
  services: {
    flow: { events: 2, items: 3, acknowledged: 3, refused: 0, repeatedEvents: 1, failedBatches: 2 },
  },
  kept: [{ id: "a", score: 0.5 }, { id: "b", score: 1 }, { id: "c" }],
  learnt: ["a", "b"],
};
const flow = FACTS.services["flow"] as NonNullable<(typeof FACTS.services)[string]>;

describe("the account of feedback", () => {
  test("adds up where everything was processed exactly once", () => {
    expect(accountFor(FACTS)).toEqual({
      reports: 2,
      repeated: 1,
      sent: 3,
      kept: 3,
      scored: 2,
      learntOnce: 2,
      learntTwice: 0,
      aboutEntities: 1,
      failedBatches: 2,
      problems: [],
    });
  });

  test.each<[string, Partial<FeedbackFacts>, RegExp[]]>([
    [
      "learnt from twice",
      { learnt: ["a", "b", "a"] },
      [/1 scores were not learnt from once/, /1 scores were learnt from twice/],
    ],
    ["not learnt from", { learnt: ["a"] }, [/1 scores were not learnt from once/]],
    ["lost", { kept: FACTS.kept.slice(1), learnt: ["b"] }, [/3 items were sent, and 2 are kept/]],
    ["kept twice", { kept: [...FACTS.kept, { id: "c" }] }, [/3 items were sent, and 4 are kept/, /kept twice/]],
    ["not heard", { reports: 3 }, [/3 things were said, and 2 were heard/]],
    ["still waiting", { services: { flow: { ...flow, acknowledged: 2 } } }, [/1 items were not acknowledged/]],
    [
      "refused",
      { services: { flow: { ...flow, acknowledged: 2, refused: 1 } } },
      [/not acknowledged/, /1 items were refused/],
    ],
    [
      "never sent",
      { reports: 0, services: { flow: { ...flow, events: 0, items: 0, acknowledged: 0 } }, kept: [], learnt: [] },
      [/no feedback was sent at all/],
    ],
  ])("says what is wrong with feedback that was %s", (_what, change, problems) => {
    expect(accountFor({ ...FACTS, ...change }).problems).toEqual(problems.map((each) => expect.stringMatching(each)));
  });
});
