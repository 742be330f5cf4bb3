/** Individual operations as the HTTP interface takes and gives them. */
import {
  componentNameProblem,
  MAXIMUM_RECORDS,
  type OperationRecord,
  OUTCOMES,
  operationNameProblem,
  RECORD_FORM,
  type RecordsReceipt,
} from "@trimtab/conventions";
import type { StoredRecord } from "@trimtab/engine";
import { z } from "zod";
import { checkedName, refuseContextKeys, sentContextSchema } from "./call-wire.ts";
import { contextSchema, timeSchema, wireTime } from "./learning-wire.ts";
import { refuseNullCharacters } from "./null-characters.ts";

const shortText = z.string().min(1).max(RECORD_FORM.longestName);

function atMostKeys(most: number) {
  return [
    (value: object): boolean => Object.keys(value).length <= most,
    { error: `has more than ${most} keys; leave some out` },
  ] as const;
}

const cost = z
  .record(shortText, z.number().gte(0))
  .refine(...atMostKeys(RECORD_FORM.mostUnits))
  .meta({ description: "Amounts by unit." });

const metadata = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= RECORD_FORM.largestMetadataBytes, {
    error: `is larger than ${RECORD_FORM.largestMetadataBytes / 1024} KiB of JSON`,
  })
  .meta({ description: "What the caller noted beside the call." });

const measured = {
  durationMilliseconds: z.number().gte(0).optional().meta({ description: "Absent where nobody measured it." }),
  quality: z.number().gte(0).lte(1).optional().meta({ description: "0 to 1, 1 is best." }),
  cost: cost.optional(),
  errorType: shortText.optional(),
  metadata: metadata.optional(),
};

/** A record as it is sent: a context value may be anything that has one spelling as a text. */
export interface SentRecord extends Omit<OperationRecord, "context"> {
  readonly context: Readonly<Record<string, string | number | boolean>>;
}

/** One record. Every problem of it is named; those of other records do not touch it. */
export const recordSchema: z.ZodType<SentRecord> = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(RECORD_FORM.longestId)
      .meta({ description: "Sent again under the same id it is the same record." }),
    component: checkedName(componentNameProblem),
    operation: checkedName(operationNameProblem),
    context: sentContextSchema
      .refine(...atMostKeys(RECORD_FORM.mostContextKeys))
      .superRefine(refuseContextKeys)
      .meta({ description: "Any key, also one that the operation does not declare." }),
    variant: shortText.meta({ description: "The variant that had served; `unknown` where nobody knows." }),
    outcome: z.enum(OUTCOMES),
    at: z.iso
      .datetime({ offset: true })
      .meta({ description: "When it ended; a time that is still to come counts as that of the arrival." }),
    ...measured,
  })
  .superRefine(refuseNullCharacters) as z.ZodType<SentRecord>;

/** The body of a request: the records are checked one by one, so that a bad one costs no other. */
export interface RecordsBody {
  readonly records: readonly unknown[];
}

const describedRecord = z.unknown().meta(z.toJSONSchema(recordSchema, { io: "input" }));

/** A batch. */
export const recordsRequestSchema: z.ZodType<RecordsBody> = z.strictObject({
  records: z
    .array(describedRecord)
    .min(1)
    .max(MAXIMUM_RECORDS, { error: `has more than ${MAXIMUM_RECORDS} records; send several batches` })
    .meta({ description: `1 to ${MAXIMUM_RECORDS} records.` }),
});

/** What became of the records. */
export const recordsReceiptSchema: z.ZodType<RecordsReceipt> = z.strictObject({
  accepted: z.int(),
  refused: z.array(z.strictObject({ index: z.int(), problems: z.array(z.string()) })),
});

const listedRecordSchema: z.ZodType<OperationRecord> = z.strictObject({
  id: z.string(),
  component: z.string(),
  operation: z.string(),
  context: contextSchema,
  variant: z.string(),
  outcome: z.enum(OUTCOMES),
  at: timeSchema,
  ...measured,
}) as z.ZodType<OperationRecord>;

/** A page of records. */
export interface WireRecordPage {
  readonly records: readonly OperationRecord[];
  readonly nextCursor?: string | undefined;
}

/** A page of records. */
export const recordPageSchema: z.ZodType<WireRecordPage> = z.strictObject({
  records: z.array(listedRecordSchema),
  nextCursor: z.string().optional(),
});

/** A record for the wire. */
export function wireRecord({ at, ...record }: StoredRecord): OperationRecord {
  return { ...record, at: wireTime(at) };
}
