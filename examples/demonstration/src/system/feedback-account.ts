/** The account of feedback: what was said, what was sent, what is kept, what was learnt from, and that all of it was once. */
import type { ListedFeedback } from "./controller-client.ts";

/** What a service says of its feedback. */
export interface ServiceFeedback {
  readonly events: number;
  readonly items: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly repeatedEvents: number;
  readonly failedBatches: number;
}

/** What the account is made of. */
export interface FeedbackFacts {
  /** What people had to say, each once. */
  readonly reports: number;
  /** By service. */
  readonly services: Readonly<Record<string, ServiceFeedback>>;
  /** Everything that the controller keeps. */
  readonly kept: readonly ListedFeedback[];
  /** The ids in the evidence of all recorded cycles. */
  readonly learnt: readonly string[];
}

/** The account. */
export interface FeedbackAccount {
  readonly reports: number;
  /** What came a second time, and was known. */
  readonly repeated: number;
  readonly sent: number;
  readonly kept: number;
  /** With a score: these are learnt from. */
  readonly scored: number;
  readonly learntOnce: number;
  readonly learntTwice: number;
  /** Without a score: said about an entity; they make suggestions. */
  readonly aboutEntities: number;
  readonly failedBatches: number;
  /** What does not add up; none where everything was processed exactly once. */
  readonly problems: readonly string[];
}

/** Adds it up. */
export function accountFor({ reports, services, kept, learnt }: FeedbackFacts): FeedbackAccount {
  const all = Object.values(services);
  const sum = (part: keyof ServiceFeedback): number => all.reduce((total, each) => total + each[part], 0);
  const times = new Map<string, number>();
  for (const id of learnt) times.set(id, (times.get(id) ?? 0) + 1);
  const scored = kept.filter(({ score }) => score !== undefined);
  const learntTwice = [...times.values()].filter((count) => count > 1).length;
  const account = {
    reports,
    repeated: sum("repeatedEvents"),
    sent: sum("items"),
    kept: kept.length,
    scored: scored.length,
    learntOnce: scored.filter(({ id }) => times.get(id) === 1).length,
    learntTwice,
    aboutEntities: kept.length - scored.length,
    failedBatches: sum("failedBatches"),
  };
  const problems: string[] = [];
  const expect = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem);
  };
  expect(account.sent > 0, "no feedback was sent at all");
  expect(sum("events") === reports, `${reports} things were said, and ${sum("events")} were heard`);
  expect(sum("acknowledged") === account.sent, `${account.sent - sum("acknowledged")} items were not acknowledged`);
  expect(sum("refused") === 0, `${sum("refused")} items were refused; the services' logs tell why`);
  expect(account.kept === account.sent, `${account.sent} items were sent, and ${account.kept} are kept`);
  expect(new Set(kept.map(({ id }) => id)).size === kept.length, "an item is kept twice");
  expect(
    account.learntOnce === account.scored,
    `${account.scored - account.learntOnce} scores were not learnt from once`,
  );
  expect(learntTwice === 0, `${learntTwice} scores were learnt from twice`);
  return { ...account, problems };
}
