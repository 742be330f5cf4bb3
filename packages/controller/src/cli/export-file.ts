/**
 * The file by which what was learnt moves to another store: JSON Lines, one object a line.
 *
 *     {"kind":"header","format":"trimtab-export","version":1,"exportedAt":…,"program":…}
 *     {"kind":"operation",…}            then its {"kind":"adaptation"}, {"kind":"act"} and {"kind":"trend"} lines, and the next operation
 *     {"kind":"end","entries":…,"sha256":…}   of all lines before it, so that a file that was cut or changed is refused
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { ExportedEntry } from "@trimtab/engine";
import { z } from "zod";
import { CommandFailure } from "./command.ts";

const FORMAT = "trimtab-export";
const VERSION = 1;

/** What the first line says. */
export interface ExportHeader {
  /** Milliseconds since 1970. */
  readonly exportedAt: number;
  /** The version of the program that wrote it. */
  readonly program: string;
}

/** Makes the lines of a file, one after the other; each ends with a line break. */
export class ExportLines {
  private readonly digest = createHash("sha256");
  private entries = 0;

  header({ exportedAt, program }: ExportHeader): string {
    const at = new Date(exportedAt).toISOString();
    return this.line({ kind: "header", format: FORMAT, version: VERSION, exportedAt: at, program });
  }

  entry(entry: ExportedEntry): string {
    this.entries++;
    return this.line(entry);
  }

  end(): string {
    return `${JSON.stringify({ kind: "end", entries: this.entries, sha256: this.digest.digest("hex") })}\n`;
  }

  private line(value: object): string {
    const line = `${JSON.stringify(value)}\n`;
    this.digest.update(line);
    return line;
  }
}

const key = { component: z.string().min(1), operation: z.string().min(1) };
const time = z.int().nonnegative();
const reason = z.looseObject({ code: z.string(), sentence: z.string() });
const value = z.union([z.number(), z.string(), z.boolean()]);
const context = z.record(z.string(), z.string());
const variant = z.looseObject({
  id: z.string(),
  role: z.string(),
  weight: z.number().min(0).max(1),
  parameters: z.record(z.string(), value),
});
const operation = z.strictObject({
  kind: z.literal("operation"),
  ...key,
  cycle: z.int().positive(),
  windowEnd: time,
  allocationsSince: z.int().positive(),
  allocationsAt: time,
  exploredAt: time,
  policy: z.looseObject({ ...key, context: z.array(z.string()), parameters: z.record(z.string(), z.looseObject({})) }),
  decision: z.looseObject({
    ...key,
    id: z.string(),
    at: time,
    window: z.looseObject({ from: time, to: time }),
    contexts: z.array(z.looseObject({ context, reason })),
    adaptations: z.array(z.looseObject({})),
    transitions: z.array(z.looseObject({})),
    allocations: z.array(z.looseObject({ context, variants: z.array(variant).min(1) })),
    mayExplore: z.boolean(),
  }),
  state: z.looseObject({ schema: z.literal(1) }),
});
const status = z.enum(["suggested", "approved", "applied", "superseded", "rejected", "rolled-back", "failed"]);
const adaptation = z.strictObject({
  kind: z.literal("adaptation"),
  adaptation: z.looseObject({
    ...key,
    id: z.string().min(1),
    changeId: z.string().min(1),
    at: time,
    context,
    parameter: z.string(),
    oldValue: value,
    newValue: value,
    confidence: z.number(),
    reason,
    status,
    history: z.array(z.looseObject({ status, reason, at: time })).min(1),
  }),
});
const act = z.strictObject({
  kind: z.literal("act"),
  act: z.looseObject({ ...key, id: z.string().min(1), kind: z.string(), who: z.string(), why: z.string(), at: time }),
  outcome: z
    .strictObject({ result: z.enum(["done", "refused", "ended"]), reason, cycle: z.int().nonnegative(), at: time })
    .optional(),
});
const trend = z.strictObject({
  kind: z.literal("trend"),
  ...key,
  context: context.optional(),
  from: time,
  milliseconds: z.int().positive(),
  sums: z.looseObject({}),
});
const entrySchema = z.discriminatedUnion("kind", [operation, adaptation, act, trend]);
const headerSchema = z.looseObject({
  kind: z.literal("header"),
  format: z.literal(FORMAT),
  version: z.int(),
  exportedAt: z.iso.datetime(),
  program: z.string(),
});
const endSchema = z.strictObject({ kind: z.literal("end"), entries: z.int(), sha256: z.string() });

/**
 * The first line of a file.
 *
 * @throws {CommandFailure} where it is no export, or a newer one than this program knows.
 */
export async function readExportHeader(file: string): Promise<ExportHeader> {
  for await (const line of linesOf(file)) return headerOf(file, line);
  throw new CommandFailure(`${file} is empty; trimtab export writes such a file.`);
}

/**
 * The entries of a file, in its order. That the file is whole is known only when the last one was taken: until then nothing of it may count.
 *
 * @throws {CommandFailure} with the line where the file is not what was exported.
 */
export async function* readExport(file: string): AsyncGenerator<ExportedEntry> {
  const digest = createHash("sha256");
  let number = 0;
  let entries = 0;
  let isEnded = false;
  for await (const line of linesOf(file)) {
    number++;
    const place = `${file}, line ${number}`;
    if (isEnded) throw new CommandFailure(`${place}: there is something after the end. ${AGAIN}`);
    if (number === 1) headerOf(file, line);
    else {
      const parsed = parseLine(place, line);
      const end = endSchema.safeParse(parsed);
      if (end.success) {
        isEnded = true;
        if (end.data.entries !== entries || end.data.sha256 !== digest.digest("hex"))
          throw new CommandFailure(`${file} is not as it was exported: a line was changed, added or lost. ${AGAIN}`);
        continue;
      }
      const entry = entrySchema.safeParse(parsed);
      if (!entry.success) {
        const [issue] = entry.error.issues;
        throw new CommandFailure(
          `${place}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is no entry"}. ${AGAIN}`,
        );
      }
      entries++;
      // as it stands in the file, and not as the schema gives it back: the order of keys is a part of what is served
      yield parsed as ExportedEntry;
    }
    digest.update(`${line}\n`);
  }
  if (!isEnded) throw new CommandFailure(`${file} has no end: it was cut off, or the export failed. ${AGAIN}`);
}

const AGAIN = "Nothing was imported; export it again.";

function headerOf(file: string, line: string): ExportHeader {
  const header = headerSchema.safeParse(parseLine(`${file}, line 1`, line));
  if (!header.success) throw new CommandFailure(`${file} is no export; trimtab export writes one.`);
  const { version, program, exportedAt } = header.data;
  if (version !== VERSION)
    throw new CommandFailure(
      `${file} has the form ${version}, of trimtab ${program}; this program knows the form ${VERSION}. Import it with that version.`,
    );
  return { exportedAt: Date.parse(exportedAt), program };
}

function parseLine(place: string, line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw new CommandFailure(`${place} is no JSON. ${AGAIN}`);
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file, "utf8");
  const failed = new Promise<never>((_, reject) => stream.once("error", reject));
  failed.catch(() => {});
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const iterator = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), failed]);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    lines.close();
    stream.destroy();
  }
}
