import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArtistStore } from "./artist-store.ts";
import type { ArtistProfile } from "./profile.ts";
import { type AcceptedSuggestion, type SuggestionSource, takeSuggestions } from "./suggestion-inbox.ts";

const PROFILE: ArtistProfile = {
  name: "Hugo Keene",
  artistType: "folk",
  genres: ["bluegrass"],
  bio: "A talented artist with a passionate sound.",
  tone: "warm",
  postsPerWeek: 7,
};

let folder: string;
let store: ArtistStore;
const reopen = (): ArtistStore => new ArtistStore(join(folder, "artist-builder.db"));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "suggestion-inbox-"));
  store = reopen();
  store.addArtist("artist-1", PROFILE);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const SUGGESTION: AcceptedSuggestion = {
  id: "s-1",
  entity: "artist-1",
  suggestion: "increase_uniqueness",
  confidence: 0.7,
  reasoning: "6 reports of low_engagement",
};

/** A controller that lists a suggestion until it is acknowledged, and may lose acknowledgements. */
function source(losses: number): SuggestionSource & { readonly acknowledged: string[] } {
  const acknowledged: string[] = [];
  let lost = 0;
  return {
    acknowledged,
    listAccepted: async () => (acknowledged.length === 0 ? [SUGGESTION] : []),
    async acknowledge(id) {
      if (lost++ < losses) throw new Error("connection reset");
      acknowledged.push(id);
    },
  };
}

test("an accepted suggestion changes the artist, once, though its acknowledgement gets lost and the service starts anew", async () => {
  const controller = source(1);
  await expect(takeSuggestions(controller, (each) => store.apply(each))).rejects.toThrow("connection reset");
  expect(store.artist("artist-1")?.profile.bio).toContain("never twice alike");
  store.close();
  // Meanwhile somebody has written another biography; the suggestion was about the one before.
  const rewritten = JSON.stringify({ ...PROFILE, bio: "Amazing music. Born in a van." });
  const database = new DatabaseSync(join(folder, "artist-builder.db"));
  database.prepare("UPDATE artists SET profile = ? WHERE id = 'artist-1'").run(rewritten);
  database.close();
  store = reopen();
  expect(await takeSuggestions(controller, (each) => store.apply(each))).toBe(1);
  expect(await takeSuggestions(controller, (each) => store.apply(each))).toBe(0);
  expect(controller.acknowledged).toEqual(["s-1"]);
  expect(store.artist("artist-1")).toMatchObject({ version: 2, profile: { bio: "Amazing music. Born in a van." } });
  expect(store.appliedSuggestions()).toEqual([
    { id: "s-1", entity: "artist-1", suggestion: "increase_uniqueness", changed: true },
  ]);
});

test("one that cannot be acknowledged does not keep the others waiting", async () => {
  store.addArtist("artist-2", { ...PROFILE, name: "Ida Vane" });
  const acknowledged: string[] = [];
  const controller: SuggestionSource = {
    listAccepted: async () => [SUGGESTION, { ...SUGGESTION, id: "s-2", entity: "artist-2" }],
    async acknowledge(id) {
      if (id === "s-1") throw new Error("there is no s-1 any more");
      acknowledged.push(id);
    },
  };
  await expect(takeSuggestions(controller, (each) => store.apply(each))).rejects.toThrow("no s-1 any more");
  expect(acknowledged).toEqual(["s-2"]);
  expect(store.artist("artist-2")?.version).toBe(2);
});

test("a suggestion about nobody, or one that nobody understands, is taken and changes nothing", () => {
  store.apply({ ...SUGGESTION, id: "s-2", entity: "artist-9" });
  store.apply({ ...SUGGESTION, id: "s-3", suggestion: "sing_louder" });
  expect(store.appliedSuggestions().map(({ changed }) => changed)).toEqual([false, false]);
  expect(store.artist("artist-1")?.version).toBe(1);
});
