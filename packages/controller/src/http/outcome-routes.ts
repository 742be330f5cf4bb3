/** Operations that were measured elsewhere: taken in as evidence, each once. */
import type { OutcomesReceipt } from "@trimtab/conventions";
import type { OutcomeAddition, OutcomeStore, ReportedOutcome } from "@trimtab/engine";
import type { ErrorCode } from "../errors.ts";
import { checkOutcome, type OutcomeRefusal } from "./check-outcome.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { idOfItem, singleItemError } from "./item-problems.ts";
import { type Route, sendJson } from "./route.ts";
import type { Batch } from "./wire/batch.ts";
import { OUTCOME_ERRORS, outcomesReceiptSchema, outcomesRequestSchema } from "./wire/outcome-wire.ts";

/** What became of one item, for metrics. */
export interface TakenOutcome {
  readonly outcome: ReportedOutcome;
  readonly errorType: string | undefined;
  readonly addition: OutcomeAddition;
}

/** What outcomes are taken in by. All of it may change while the app lives. */
export interface OutcomeIntake {
  readonly store: OutcomeStore;
  readonly isReported: (component: string) => boolean;
  /** How long after its end an operation may be reported, in milliseconds. */
  readonly latenessMilliseconds: () => number;
  readonly gridMilliseconds: () => number;
  readonly latestWindowEnd: (now: number) => number;
  /** Told of every sound item, and of how many were refused before they were looked up. It must not wait. */
  readonly onOutcomes: (taken: readonly TakenOutcome[], refused: number) => void;
}

/** What the route needs. */
export interface OutcomeRouteDependencies extends OutcomeIntake {
  readonly operations: ConfiguredOperations;
  readonly now: () => number;
}

/** The route under /v1/outcomes. */
export function outcomeRoutes(dependencies: OutcomeRouteDependencies): readonly Route[] {
  const post: Route<unknown, Batch<"outcomes">> = {
    method: "post",
    path: "/v1/outcomes",
    summary:
      "Counts operations that were measured elsewhere, one or a batch, each once. What is wrong with one is told by its place; the others are counted.",
    role: "feedback",
    body: { name: "OutcomesRequest", schema: outcomesRequestSchema },
    answers: {
      200: {
        description: "What became of each outcome.",
        body: { name: "OutcomesReceipt", schema: outcomesReceiptSchema },
      },
    },
    errors: OUTCOME_ERRORS.filter((code) => code !== "BODY_INVALID"),
    async handle({ body }, response) {
      const items = body.outcomes ?? [body];
      const receipt = await take(items, dependencies);
      const [first] = receipt.refused;
      const isNoneTaken = receipt.refused.length === items.length;
      const isScraped = isNoneTaken && receipt.refused.every(({ code }) => code === "COMPONENT_SCRAPED");
      if (first !== undefined && (body.outcomes === undefined || isScraped))
        throw singleItemError(first.code as ErrorCode, first.problems);
      sendJson(response, receipt);
    },
  };
  return [post] as readonly Route[];
}

async function take(items: readonly unknown[], dependencies: OutcomeRouteDependencies): Promise<OutcomesReceipt> {
  const { store, operations, isReported, latenessMilliseconds, gridMilliseconds, latestWindowEnd } = dependencies;
  const now = dependencies.now();
  const checked = items.map((item) => checkOutcome(item, { operations, isReported, now }));
  const refused = checked.flatMap((each, index) =>
    "problems" in each ? [{ index, ...idOfItem(items[index]), ...each }] : [],
  );
  const sound = checked.flatMap((each, index) => ("outcome" in each ? [{ index, ...each }] : []));
  const additions = await store.addOutcomes(
    sound.map(({ outcome }) => outcome),
    {
      now,
      oldest: now - latenessMilliseconds(),
      gridMilliseconds: gridMilliseconds(),
      latestWindowEnd: latestWindowEnd(now),
    },
  );
  const taken = sound.map((each, place) => ({ ...each, addition: additions[place] ?? "known" }));
  dependencies.onOutcomes(taken, refused.length);
  for (const { index, outcome, addition } of taken) {
    const why = refusalOf(addition, latenessMilliseconds());
    if (why !== undefined) refused.push({ index, id: outcome.id, ...why });
  }
  refused.sort((left, right) => left.index - right.index);
  const count = (wanted: OutcomeAddition): number => taken.filter(({ addition }) => addition === wanted).length;
  return { accepted: count("added"), known: count("known"), refused };
}

function refusalOf(addition: OutcomeAddition, latenessMilliseconds: number): OutcomeRefusal | undefined {
  switch (addition) {
    case "different":
      return {
        code: "IDEMPOTENCY_KEY_REUSED",
        problems: ["id was used before for another outcome; give each one a key of its own"],
      };
    case "too-late":
      return {
        code: "OUTCOME_TOO_LATE",
        problems: [
          `at is longer ago than ${latenessMilliseconds / 1000} s, the time in which an outcome may be reported (controller.outcomes.lateness)`,
        ],
      };
    case "too-many-contexts":
      return {
        code: "CONTEXT_LIMIT_REACHED",
        problems: ["context would be one more than the operation can have; declare a key with fewer values"],
      };
    default:
      return undefined;
  }
}
