import { callsOf, type Evidence } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { createLocalSource, type LocalCall, type LocalSource } from "./local-source.ts";

const KEY = { component: "writer", operation: "process" };
const rock = (more: Partial<LocalCall> = {}): LocalCall => ({
  context: { genre: "rock" },
  variant: "base-a",
  outcome: "success",
  durationSeconds: 0.25,
  ...more,
});

async function read(source: LocalSource, from: number, to: number): Promise<Evidence> {
  return source.readEvidence({ ...KEY, context: ["genre"], window: { from, to } });
}

function calls({ cells }: Evidence): Record<string, number> | string {
  if (cells.kind !== "value") return cells.kind;
  return Object.fromEntries(
    cells.value.map(({ context, variant, reading }) => [
      `${context["genre"] ?? ""} ${variant}`,
      reading.kind === "value" ? callsOf(reading.value) : Number.NaN,
    ]),
  );
}

describe("the source of this process", () => {
  test("counts every measurement of a call under its context and variant", async () => {
    const source = createLocalSource();
    source.count(KEY, rock({ quality: 0.5, costs: { usd: 0.25 } }));
    source.count(KEY, rock({ outcome: "failure", durationSeconds: 0.5, costs: { usd: 0.5 } }));
    source.count(KEY, rock({ outcome: "partial", quality: 1 }));
    const { cells } = await read(source, 0, 1_000);
    expect(cells).toMatchObject({
      kind: "value",
      value: [
        {
          context: { genre: "rock" },
          variant: "base-a",
          reading: {
            kind: "value",
            value: {
              success: 1,
              failure: 1,
              partial: 1,
              duration: { count: 3, sum: 1, squares: 0.375 },
              quality: { count: 2, sum: 1.5, squares: 1.25 },
              cost: { usd: { sum: 0.75, squares: 0.3125 } },
            },
          },
        },
      ],
    });
    const [cell] = cells.kind === "value" ? cells.value : [];
    const duration = cell?.reading.kind === "value" ? cell.reading.value.duration : undefined;
    const buckets = (duration?.counts ?? []).flatMap((count, at) => (count > 0 ? [[duration?.bounds[at], count]] : []));
    // 0.25 s lies under the bound 0.275, 0.5 s under 0.5
    expect(buckets).toEqual([
      [0.275, 2],
      [0.5, 1],
    ]);
  });

  test("windows tile: what ends after a window was read is in the next one, and in no other", async () => {
    const source = createLocalSource();
    source.count(KEY, rock());
    expect(source.countOpen(KEY)).toBe(1);
    expect(calls(await read(source, 0, 10))).toEqual({ "rock base-a": 1 });
    expect(source.countOpen(KEY)).toBe(0);
    source.count(KEY, rock({ variant: "v-b" }));
    expect(calls(await read(source, 10, 20))).toEqual({ "rock v-b": 1 });
  });

  test("a window whose pass was not recorded is read again, with what followed", async () => {
    const source = createLocalSource();
    source.count(KEY, rock());
    expect(calls(await read(source, 0, 10))).toEqual({ "rock base-a": 1 });
    source.count(KEY, rock());
    expect(calls(await read(source, 0, 20))).toEqual({ "rock base-a": 2 });
    expect(calls(await read(source, 0, 10))).toEqual({ "rock base-a": 1 });
    expect(calls(await read(source, 20, 30))).toBe("no-data");
  });

  test("an operation without calls has no data, not zero; operations are apart", async () => {
    const source = createLocalSource();
    source.count({ ...KEY, operation: "other" }, rock());
    expect(calls(await read(source, 0, 10))).toBe("no-data");
  });

  test("what is no amount is not counted", async () => {
    const source = createLocalSource();
    source.count(KEY, rock({ durationSeconds: Number.NaN, costs: { usd: -1, eur: Number.POSITIVE_INFINITY } }));
    const { cells } = await read(source, 0, 10);
    const [cell] = cells.kind === "value" ? cells.value : [];
    const measured = cell?.reading.kind === "value" ? cell.reading.value : undefined;
    expect(measured?.duration?.count).toBe(0);
    expect(measured?.cost).toEqual({});
  });

  test("a window ends at the moment that is asked for: nothing arrives later", () => {
    const source = createLocalSource();
    expect(source.latestWindowEnd(1_234.5)).toBe(1_234);
    expect(source.scrapeIntervalMilliseconds()).toBe(1);
  });
});
