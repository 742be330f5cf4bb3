import { expect, test } from "vitest";
import { readPage } from "./page-reading.ts";

const CALLS = "trimtab_operation_calls_total";

test("cells are told apart by what their labels say, not by how the lines spell them", async () => {
  const page = [
    `${CALLS}{component="shop",operation="price",ctx_genre="rock",variant="base-a",outcome="success"} 1`,
    `${CALLS}{outcome="failure",variant="base-a",ctx_genre="rock",operation="price",component="shop",ctx_mood=""} 2`,
    `${CALLS}{component="shop",operation="price",ctx_genre="rock",ctx_mood="calm",variant="base-a",outcome="success"} 3`,
    `${CALLS}{component="shop",operation="price",ctx_genre="rock 8 ctx_mood 4 calm",variant="base-a",outcome="success"} 4`,
  ].join("\n");
  const cells = [...(await readPage(page)).cells.values()].map(({ cell, counters }) => [cell.context, counters]);
  expect(cells).toEqual([
    [{ genre: "rock" }, { "calls.success": 1, "calls.failure": 2 }],
    [{ genre: "rock", mood: "calm" }, { "calls.success": 3 }],
    [{ genre: "rock 8 ctx_mood 4 calm" }, { "calls.success": 4 }],
  ]);
});

test("a page of 50,000 lines leaves others their turns", async () => {
  const lines = Array.from(
    { length: 50_000 },
    (_, index) => `${CALLS}{component="shop",operation="price",ctx_genre="g${index}",variant="a",outcome="success"} 1`,
  );
  let turns = 0;
  let isDone = false;
  const others = (): void => {
    turns++;
    if (!isDone) setImmediate(others);
  };
  others();
  const { cells } = await readPage(lines.join("\n"));
  isDone = true;
  expect(cells.size).toBe(50_000);
  expect(turns).toBeGreaterThanOrEqual(50);
});
