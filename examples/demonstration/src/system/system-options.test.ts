import { expect, test } from "vitest";
import type { System } from "./system.ts";
import { parseSystemOptions } from "./system-options.ts";

const SYSTEM: System = {
  command: "npm run example:artists --",
  about: "Several services.",
  folder: "/",
  stateName: "artists",
  services: [],
  people: [],
  configurations: [],
  rate: 12,
  suggestionTarget: "builder",
};

test("without options: two minutes, and suggestions are accepted", () => {
  expect(parseSystemOptions(SYSTEM, [])).toMatchObject({
    kind: "run",
    options: { forMilliseconds: 120_000, seed: 1, rate: 12, port: 4600, prometheus: false, kill: false, accept: true },
  });
});

test("with options", () => {
  const args = ["--for", "90s", "--seed", "7", "--rate", "5", "--port", "0", "--kill", "--no-accept", "--prometheus"];
  expect(parseSystemOptions(SYSTEM, args)).toMatchObject({
    options: { forMilliseconds: 90_000, seed: 7, rate: 5, port: 0, prometheus: true, kill: true, accept: false },
  });
});

test.each([
  [["--for", "soon"], /--for: "soon" is no duration/],
  [["--for", "3s"], /too short/],
  [["--rate", "0"], /--rate: "0" is no number from 1 to 60/],
  [["--seed", "-1"], /seed/],
  [["--port", "70000"], /--port: "70000" is no port/],
  [["--fast"], /Unknown option '--fast'/],
])("%j is refused", (args, problem) => {
  const parsed = parseSystemOptions(SYSTEM, args);
  expect(parsed.kind === "wrong" ? parsed.problem : parsed).toMatch(problem);
});

test("the help names every option and every exit code", () => {
  const parsed = parseSystemOptions(SYSTEM, ["--help"]);
  const text = parsed.kind === "help" ? parsed.text : "";
  for (const option of [
    "--for",
    "--seed",
    "--rate",
    "--port",
    "--prometheus",
    "--kill",
    "--no-accept",
    "--state",
    "--json",
  ])
    expect(text).toContain(option);
  expect(text).toMatch(/Exit codes: 0 when/);
});
