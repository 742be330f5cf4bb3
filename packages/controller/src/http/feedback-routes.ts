/** Feedback: taken in by single items and batches, and listed. */
import {
  canonicalContext,
  type FeedbackItem,
  type FeedbackReceipt,
  feedbackScore,
  parseResultHandle,
  UNKNOWN_VARIANT,
} from "@trimtab/conventions";
import type { Feedback, FeedbackFilter, FeedbackStore, OperationKey } from "@trimtab/engine";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { idOfItem, itemProblems, singleItemError, unknownOperationProblem } from "./item-problems.ts";
import { type Route, sendJson } from "./route.ts";
import type { Batch } from "./wire/batch.ts";
import {
  feedbackItemSchema,
  feedbackPageSchema,
  feedbackReceiptSchema,
  feedbackRequestSchema,
  wireFeedback,
} from "./wire/feedback-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface FeedbackRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: FeedbackStore;
  readonly now: () => number;
  /** Told after feedback on these operations was kept; it must not wait. */
  readonly onFeedback: (kept: readonly Feedback[]) => void;
}

type FilterQuery = { readonly [Name in keyof FeedbackFilter]?: string | undefined };

const listQuery: z.ZodType<
  FilterQuery & { readonly limit?: string | undefined; readonly cursor?: string | undefined }
> = z.strictObject({
  component: z.string().min(1).optional().meta({ description: "The component that had served." }),
  operation: z.string().min(1).optional(),
  type: z.string().min(1).optional(),
  entity: z.string().min(1).optional(),
  source: z.string().min(1).optional().meta({ description: "The component that collected it." }),
  target: z.string().min(1).optional().meta({ description: "The component that is to make something of it." }),
  ...pagingParameters,
});

/** A checked item, or what is wrong with it. */
type Checked = { readonly feedback: Feedback } | { readonly problems: readonly string[] };

/** The routes under /v1/feedback. */
export function feedbackRoutes({ operations, store, now, onFeedback }: FeedbackRouteDependencies): readonly Route[] {
  const post: Route<unknown, Batch<"items">> = {
    method: "post",
    path: "/v1/feedback",
    summary:
      "Keeps feedback, one item or a batch. What is wrong with an item is told by its place; the others are kept.",
    role: "feedback",
    body: { name: "FeedbackRequest", schema: feedbackRequestSchema },
    answers: {
      200: {
        description: "What became of each item.",
        body: { name: "FeedbackReceipt", schema: feedbackReceiptSchema },
      },
    },
    errors: [],
    async handle({ body }, response) {
      const receivedAt = now();
      const items = body.items ?? [body];
      const checked = items.map((item) => check(item, operations, receivedAt));
      if (body.items === undefined) refuseSingle(checked[0]);
      sendJson(response, await keep(items, checked, store, onFeedback));
    },
  };
  const list: Route<z.infer<typeof listQuery>> = {
    method: "get",
    path: "/v1/feedback",
    summary: "Feedback, newest arrival first, with the cycle that learnt from it.",
    role: "read",
    query: listQuery,
    answers: {
      200: { description: "A page of feedback.", body: { name: "FeedbackPage", schema: feedbackPageSchema } },
    },
    errors: ["CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { limit: _limit, cursor: _cursor, ...given } = query;
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const { items, nextCursor } = await store.listFeedback(filter, pageRequest(query));
      linkNextPage(response, path, query, nextCursor);
      sendJson(response, { feedback: items.map(wireFeedback), nextCursor });
    },
  };
  return [post, list] as readonly Route[];
}

/** One item by itself is refused as any other body is. */
function refuseSingle(checked: Checked | undefined): void {
  if (checked === undefined || !("problems" in checked)) return;
  throw singleItemError("BODY_INVALID", checked.problems);
}

async function keep(
  items: readonly unknown[],
  checked: readonly Checked[],
  store: FeedbackStore,
  onFeedback: FeedbackRouteDependencies["onFeedback"],
): Promise<FeedbackReceipt> {
  const refused = checked.flatMap((each, index) =>
    "problems" in each ? [{ index, ...idOfItem(items[index]), problems: each.problems }] : [],
  );
  const sound = checked.flatMap((each, index) => ("feedback" in each ? [{ index, feedback: each.feedback }] : []));
  const additions = await store.addFeedback(sound.map(({ feedback }) => feedback));
  const kept: Feedback[] = [];
  let known = 0;
  for (const [place, { index, feedback }] of sound.entries()) {
    const addition = additions[place];
    if (addition === "added") kept.push(feedback);
    else if (addition === "known") known++;
    else {
      const problems = ["id was used before for other feedback; give each item a key of its own"];
      refused.push({ index, id: feedback.id, problems });
    }
  }
  if (kept.length > 0) onFeedback(kept);
  refused.sort((left, right) => left.index - right.index);
  return { accepted: kept.length, known, refused };
}

function check(value: unknown, operations: ConfiguredOperations, receivedAt: number): Checked {
  const problems = itemProblems(feedbackItemSchema, value);
  if (problems.length > 0) return { problems };
  const item = feedbackItemSchema.parse(value);
  const subject = subjectOf(item, operations);
  if ("problems" in subject) return subject;
  const score = feedbackScore(item);
  const { id, type, entity, source, target, comment, data, at } = item;
  return {
    feedback: {
      id,
      type,
      context: {},
      ...subject.of,
      ...(entity === undefined ? {} : { entity }),
      ...(source === undefined ? {} : { source }),
      ...(target === undefined ? {} : { target }),
      ...(score === undefined ? {} : { score }),
      ...(comment === undefined ? {} : { comment }),
      ...(data === undefined ? {} : { data }),
      ...(at === undefined ? {} : { at: Date.parse(at) }),
      receivedAt,
    },
  };
}

type Subject = Partial<OperationKey> & Pick<Feedback, "variant" | "servedAt"> & Partial<Pick<Feedback, "context">>;

/** What the feedback is about, as far as it is a call. */
function subjectOf(
  item: FeedbackItem,
  operations: ConfiguredOperations,
): { readonly of: Subject } | { readonly problems: readonly string[] } {
  if (item.result === undefined) return namedSubject(item, operations);
  const handle = parseResultHandle(item.result);
  if ("problem" in handle) return { problems: [`result ${handle.problem}`] };
  const { component, operation, context, variant, at } = handle.origin;
  const subject = namedSubject({ component, operation, context, variant }, operations);
  return "problems" in subject ? subject : { of: { ...subject.of, servedAt: at } };
}

function namedSubject(
  { component, operation, context, variant }: Pick<FeedbackItem, "component" | "operation" | "context" | "variant">,
  operations: ConfiguredOperations,
): { readonly of: Subject } | { readonly problems: readonly string[] } {
  if (component === undefined) return { of: {} };
  try {
    if (operation === undefined) {
      operations.ofComponent(component);
      return { of: { component } };
    }
    const policy = operations.find(component, operation);
    const canonical = canonicalContext(context ?? {}, policy.context);
    const isKnown = variant !== undefined && variant !== UNKNOWN_VARIANT;
    return { of: { component, operation, context: canonical, ...(isKnown ? { variant } : {}) } };
  } catch (error) {
    return { problems: [unknownOperationProblem(error).problem] };
  }
}
