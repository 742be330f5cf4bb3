import { parseResultHandle } from "@trimtab/conventions";
import { metricsText } from "@trimtab/instrumentation";
import { afterAll, expect, test } from "vitest";
import { artistBuilder } from "./artist-builder.ts";
import { createProfile as create } from "./create-profile.ts";
import type { ProfileRequest } from "./profile.ts";

const module = artistBuilder.create({ enableAdaptation: false });
afterAll(() => module.close());
const createProfile = (request: ProfileRequest) => create(module, request);

const REQUEST: ProfileRequest = {
  name: "Ada Birch",
  artistType: "folk",
  genres: ["folk"],
  bio: "Sings at the market.",
  tone: "bold",
  postsPerWeek: 3,
};

/** Calls by operation and outcome, as Prometheus would read them. */
function calls(operation: string, outcome: string): number {
  const lines = metricsText()
    .split("\n")
    .filter((line) => line.startsWith("trimtab_operation_calls_total{"));
  return lines
    .filter((line) => line.includes(`operation="${operation}"`) && line.includes(`outcome="${outcome}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

test("what is given is kept, and nothing is filled in", async () => {
  const { profile, problems, handles } = await createProfile(REQUEST);
  expect(profile).toEqual(REQUEST);
  expect(problems).toEqual([]);
  expect(handles.defaults).toBeUndefined();
});

test("what is missing is filled in, and a review can be credited to that and to the rules", async () => {
  const { tone: _tone, ...without } = REQUEST;
  const { profile, handles } = await createProfile(without);
  expect(profile).toEqual({ ...REQUEST, tone: "warm" });
  const origins = [handles.defaults, handles.rules].map((handle) => parseResultHandle(handle ?? ""));
  expect(origins).toMatchObject([
    { origin: { component: "artist_builder", operation: "fill_defaults", context: { artist_type: "folk" } } },
    { origin: { component: "artist_builder", operation: "validate_profile", context: { artist_type: "folk" } } },
  ]);
});

test("validation is a tracked metric: valid as it came, valid after a correction", async () => {
  const before = [calls("validate_profile", "success"), calls("validate_profile", "partial")];
  await createProfile(REQUEST);
  const { profile, corrected, problems } = await createProfile({ ...REQUEST, name: "Otis Vale" });
  expect(corrected).toEqual(["distinct_name"]);
  expect(problems).toEqual([]);
  expect(profile.name).toBe("Sito Folk"); // the base correction replaces
  expect([calls("validate_profile", "success"), calls("validate_profile", "partial")]).toEqual([
    (before[0] ?? 0) + 1,
    (before[1] ?? 0) + 1,
  ]);
  expect(calls("correct_profile", "success")).toBeGreaterThan(0);
});
