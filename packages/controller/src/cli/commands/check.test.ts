/** The advice of `trimtab check`, from a rehearsal that was really run and from a real interface. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { adaptationOf, cell, decisionOf, FIRST_CYCLE_AT, startApp } from "../../http/app-fixture.ts";
import { controllerClient } from "../controller-client.ts";
import { askRecorded } from "../recorded-evidence.ts";
import { runCliProcess } from "../running-cli.ts";

vi.setConfig({ testTimeout: 60_000 });

const file = (step: number): string => `
metrics: { source: reported }
components: { shop: { operations: { checkout: {
  parameters: { level: { type: integer, base: 3, min: 1, max: 9, step: ${step} } },
  objective: { quality: 1 }, mode: auto } } } }
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const trimtab = (...args: string[]) => runCliProcess(args, { cwd: folder });

test("a rehearsal founds auto for the very settings that it was made with, and for no others", async () => {
  writeFileSync(join(folder, "trimtab.yaml"), file(1));
  const call = [
    "simulate",
    "--operation",
    "shop.checkout",
    "--calls",
    "500",
    "--seeds",
    "10",
    "--cycles",
    "100",
    "--json",
  ];
  const rehearsed = await trimtab(...call);
  expect(rehearsed.code).toBe(0);
  writeFileSync(join(folder, "rehearsed.json"), rehearsed.out);
  const check = ["check", "--offline", "--rehearsal", "rehearsed.json"];
  const own = await trimtab(...check);
  expect(own.out).toContain("Stands at auto on evidence: the rehearsal (rehearsed.json) at 500 calls a cycle");
  expect(own.code).toBe(0);

  writeFileSync(join(folder, "trimtab.yaml"), file(2));
  const changed = await trimtab(...check);
  expect(changed.out).toContain("The rehearsal (rehearsed.json) is of other settings or another strategy");
  expect(changed.code).toBe(0);

  writeFileSync(join(folder, "trimtab.yaml"), file(1));
  const other = await trimtab(...call.slice(0, 3), "--strategy", "fixed", "--seeds", "1", "--cycles", "1", "--json");
  writeFileSync(join(folder, "rehearsed.json"), other.out);
  expect((await trimtab(...check)).out).toContain("another strategy than stand in the file now");
});

test("the interface tells what people decided, the traffic and the contexts", async () => {
  const at = FIRST_CYCLE_AT;
  const reason = { code: "PERSON_REJECTED", sentence: "rejected" } as const;
  const app = await startApp({
    now: () => at + 3_600_000,
    decisions: [
      decisionOf(1, { at, adaptations: [adaptationOf("a", at, { status: "suggested" })] }),
      decisionOf(2, { at, transitions: [{ id: "a", status: "rejected", reason }] }),
    ],
  });
  try {
    app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10), cell("jazz", 3, 100, 0)] });
    const client = await controllerClient({ url: app.url }, {});
    const recorded = (await askRecorded(client, 3_600_000)).get("shop/checkout");
    expect(recorded?.review.verdicts).toEqual({ approved: 0, rejected: 1, rolledBack: 0, takenBack: 0 });
    expect(recorded?.callsPerCycle).toBe(200);
    // half an hour of cycles is too little to tell what a day has
    expect((await askRecorded(client, 900_000)).get("shop/checkout")?.callsPerCycle).toBeUndefined();
  } finally {
    await app.close();
  }
});
