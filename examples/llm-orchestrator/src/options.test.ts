import { expect, test } from "vitest";
import { HELP, parseOptions } from "./options.ts";

test("without arguments it runs until it is stopped, and goes on from what was learnt", () => {
  expect(parseOptions([])).toEqual({
    kind: "run",
    options: {
      forMilliseconds: undefined,
      seed: 1,
      rate: undefined,
      budgetUsd: undefined,
      port: 4600,
      stateFolder: expect.stringMatching(/[.]trimtab.llm-orchestrator$/),
      fresh: false,
      json: undefined,
    },
  });
});

test("every option is taken", () => {
  const args = "--for 2m --seed 7 --rate 5 --budget 0.5 --port 0 --state there --fresh --json -".split(" ");
  expect(parseOptions(args)).toEqual({
    kind: "run",
    options: {
      forMilliseconds: 120_000,
      seed: 7,
      rate: 5,
      budgetUsd: 0.5,
      port: 0,
      stateFolder: "there",
      fresh: true,
      json: "-",
    },
  });
});

test.each([
  ["--for", "soon", '--for: "soon" is no duration'],
  ["--for", "10ms", "--for: 10ms is too short"],
  ["--seed", "-1", '"-1"'],
  ["--seed", "1.5", '--seed: "1.5" is no whole number'],
  ["--rate", "0", '--rate: "0" is no number from 0.01 to 100'],
  ["--budget", "free", '--budget: "free" is no number above 0'],
  ["--port", "70000", '--port: "70000" is no port'],
  ["--sed", "7", "--sed"],
])("%s %s is wrong", (name, value, problem) => {
  const parsed = parseOptions([`${name}=${value}`]);
  expect(parsed).toEqual({ kind: "wrong", problem: expect.stringContaining(problem) });
});

test("--help tells each option", () => {
  expect(parseOptions(["--help"])).toEqual({ kind: "help", text: HELP });
  for (const name of ["for", "seed", "rate", "budget", "port", "state", "fresh", "json", "help"])
    expect(HELP).toContain(`--${name} `);
});
