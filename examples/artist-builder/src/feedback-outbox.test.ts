import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FeedbackItem, FeedbackReceipt } from "@trimtab/conventions";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FeedbackOutbox } from "./feedback-outbox.ts";

let folder: string;
let outbox: FeedbackOutbox;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "feedback-outbox-"));
  outbox = new FeedbackOutbox(join(folder, "feedback.db"));
});
afterEach(() => {
  outbox.close();
  rmSync(folder, { recursive: true });
});

const item = (id: string): FeedbackItem => ({ id, type: "engagement", entity: "artist-1", score: 0.5 });
const RECEIPT: FeedbackReceipt = { accepted: 1, known: 0, refused: [] };

test("an event that comes again says nothing new, whatever would be made of it now", async () => {
  expect(outbox.add("e1", () => [item("e1:plan")])).toBe(true);
  const again = vi.fn<() => FeedbackItem[]>();
  expect(outbox.add("e1", again)).toBe(false);
  expect(again).not.toHaveBeenCalled();
  expect(outbox.counts()).toMatchObject({ events: 1, items: 1, acknowledged: 0, repeatedEvents: 1 });
});

test("what could not be sent is sent again with the same key, also after a restart, until it is acknowledged; then never more", async () => {
  outbox.add("e1", () => [item("e1:plan"), item("e1:text")]);
  await expect(outbox.sendOnce(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
  outbox.close();
  outbox = new FeedbackOutbox(join(folder, "feedback.db"));
  const sent: string[] = [];
  const send = async (items: readonly FeedbackItem[]): Promise<FeedbackReceipt> => {
    sent.push(...items.map(({ id }) => id));
    return RECEIPT;
  };
  expect(await outbox.sendOnce(send)).toBe(2);
  expect(await outbox.sendOnce(send)).toBe(0);
  expect(sent).toEqual(["e1:plan", "e1:text"]);
  expect(outbox.counts()).toMatchObject({ items: 2, acknowledged: 2, refused: 0 });
});

test("what is refused is told and not sent again; the others of its batch are acknowledged", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  outbox.add("e1", () => [item("e1:plan"), item("e1:text")]);
  await outbox.sendOnce(async () => ({
    accepted: 1,
    known: 0,
    refused: [{ index: 1, problems: ["no such operation"] }],
  }));
  expect(outbox.counts()).toMatchObject({ acknowledged: 1, refused: 1 });
  expect(told.mock.calls[0]?.[0]).toMatch(/e1:text.*no such operation/);
  told.mockRestore();
});

test("memory is bounded: what is old and acknowledged goes, what waits stays however old it is", async () => {
  const small = new FeedbackOutbox(":memory:", 2);
  small.add("e1", () => [item("e1:plan")]);
  await small.sendOnce(async () => RECEIPT);
  for (const event of ["e2", "e3", "e4", "e5"]) small.add(event, () => [item(`${event}:plan`)]);
  expect(small.counts()).toMatchObject({ events: 2, items: 4, acknowledged: 0 });
  const sent: string[] = [];
  await small.sendOnce(async (items) => {
    sent.push(...items.map(({ id }) => id));
    return RECEIPT;
  });
  expect(sent).toEqual(["e2:plan", "e3:plan", "e4:plan", "e5:plan"]);
  small.close();
});

test("an event whose items cannot be made is not kept: it may come again", () => {
  expect(() =>
    outbox.add("e1", () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(outbox.add("e1", () => [item("e1:plan")])).toBe(true);
});
