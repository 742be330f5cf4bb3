/** Individual operations: a sample that services send, and the last ones of it for whoever looks. Never evidence. */
import { canonicalContext, contextKeyProblem, type RecordsReceipt } from "@trimtab/conventions";
import type { RecordStore, StoredRecord } from "@trimtab/engine";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { itemProblems, unknownOperationProblem } from "./item-problems.ts";
import { type Route, sendJson } from "./route.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";
import {
  type RecordsBody,
  recordPageSchema,
  recordSchema,
  recordsReceiptSchema,
  recordsRequestSchema,
  wireRecord,
} from "./wire/record-wire.ts";

/** What the routes need. */
export interface RecordRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: RecordStore;
  readonly now: () => number;
  /** Told of the components whose records were kept; it must not wait. */
  readonly onRecords: (components: readonly string[]) => void;
}

interface ListQuery {
  readonly component: string;
  readonly operation?: string | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

const listQuery: z.ZodType<ListQuery> = z.strictObject({
  component: z.string().min(1),
  operation: z.string().min(1).optional(),
  ...pagingParameters,
});

/** The routes under /v1/records. */
export function recordRoutes({ operations, store, now, onRecords }: RecordRouteDependencies): readonly Route[] {
  const post: Route<unknown, RecordsBody> = {
    method: "post",
    path: "/v1/records",
    summary:
      "Keeps individual operations, of a sample, to look at. What is wrong with one is told by its place; the others are kept.",
    role: "feedback",
    body: { name: "RecordsRequest", schema: recordsRequestSchema },
    answers: {
      200: { description: "What was kept.", body: { name: "RecordsReceipt", schema: recordsReceiptSchema } },
    },
    errors: [],
    async handle({ body }, response) {
      const receivedAt = now();
      const refused: RecordsReceipt["refused"][number][] = [];
      const sound: StoredRecord[] = [];
      for (const [index, item] of body.records.entries()) {
        const checked = check(item, operations, receivedAt);
        if ("problems" in checked) refused.push({ index, problems: checked.problems });
        else sound.push(checked.record);
      }
      await store.addRecords(sound);
      if (sound.length > 0) onRecords([...new Set(sound.map(({ component }) => component))]);
      sendJson(response, { accepted: sound.length, refused } satisfies RecordsReceipt);
    },
  };
  const list: Route<ListQuery> = {
    method: "get",
    path: "/v1/records",
    summary: "Individual operations of a component, of the sample that is kept, newest first.",
    role: "read",
    query: listQuery,
    takesContext: true,
    answers: {
      200: { description: "A page of records.", body: { name: "RecordPage", schema: recordPageSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "CURSOR_INVALID"],
    async handle({ query, context, path }, response) {
      const { component, operation } = query;
      if (operation === undefined) operations.ofComponent(component);
      else operations.find(component, operation);
      refuseKeysThatAreNone(Object.keys(context));
      const filter = { component, ...(operation === undefined ? {} : { operation }), context };
      const { items, nextCursor } = await store.listRecords(filter, pageRequest(query));
      const contextQuery = Object.entries(context).map(([key, value]) => [`ctx.${key}`, value]);
      linkNextPage(response, path, { ...query, ...Object.fromEntries(contextQuery) }, nextCursor);
      sendJson(response, { records: items.map(wireRecord), nextCursor });
    },
  };
  return [post, list] as readonly Route[];
}

/** A key need not be declared, but one that cannot be a key would only ever find nothing. */
function refuseKeysThatAreNone(keys: readonly string[]): void {
  const problems = keys.flatMap((key) => {
    const message = contextKeyProblem(key);
    return message === undefined ? [] : [{ path: `ctx.${key}`, message }];
  });
  if (problems.length === 0) return;
  const detail = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw new ControllerError("PARAMETER_INVALID", `${detail}.`, { problems });
}

/** A checked record, or what is wrong with it. */
type Checked = { readonly record: StoredRecord } | { readonly problems: readonly string[] };

function check(value: unknown, operations: ConfiguredOperations, receivedAt: number): Checked {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return { problems: itemProblems(recordSchema, value) };
  const { at, context, ...record } = parsed.data;
  const unknown = unknownOperation(record.component, record.operation, operations);
  if (unknown !== undefined) return { problems: [unknown] };
  return {
    record: {
      ...record,
      context: canonicalContext(context, Object.keys(context)),
      at: Math.min(Date.parse(at), receivedAt), // a clock that is ahead must not hide what others send
    },
  };
}

function unknownOperation(component: string, operation: string, operations: ConfiguredOperations): string | undefined {
  try {
    operations.find(component, operation);
    return undefined;
  } catch (error) {
    return unknownOperationProblem(error).problem;
  }
}
