/** What the service keeps in its file: its artists, the requests that people may still speak about, and the suggestions it has applied. */
import type { DatabaseSync } from "node:sqlite";
import type { CreatedProfile } from "./create-profile.ts";
import type { ArtistProfile } from "./profile.ts";
import { withMoreUniqueness } from "./profile.ts";
import { openStoreFile } from "./store-file.ts";
import type { AcceptedSuggestion } from "./suggestion-inbox.ts";

/** An artist on the roster. */
export interface Artist {
  readonly id: string;
  readonly profile: ArtistProfile;
  /** Counts the profiles that the artist has had, from 1. */
  readonly version: number;
}

/** What a suggestion did. */
export interface AppliedSuggestion {
  readonly id: string;
  readonly entity: string;
  readonly suggestion: string;
  /** False where there was nothing to change: no such artist, or no such change. */
  readonly changed: boolean;
}

/** A review that comes later than so many requests is about nobody. */
const KEPT_REQUESTS = 20_000;

/** The store. One process has it at a time. */
export class ArtistStore {
  readonly #database: DatabaseSync;

  /** @param path Of the file; `:memory:` for a test. */
  constructor(path: string) {
    this.#database = openStoreFile(
      path,
      `
      CREATE TABLE IF NOT EXISTS artists (id TEXT PRIMARY KEY, profile TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS requests (place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, handles TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS suggestions (place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, entity TEXT NOT NULL, suggestion TEXT NOT NULL, changed INTEGER NOT NULL) STRICT;
    `,
    );
  }

  /** Keeps what a review of this request will be credited to. */
  keepRequest(id: string, handles: CreatedProfile["handles"]): void {
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO requests (id, handles) VALUES (?, ?)")
      .run(id, JSON.stringify(handles));
    this.#database.prepare("DELETE FROM requests WHERE place <= ?").run(Number(lastInsertRowid) - KEPT_REQUESTS);
  }

  /** @returns What a review is credited to; undefined where there is no such request. */
  handlesOf(request: string): CreatedProfile["handles"] | undefined {
    const row = this.#database.prepare("SELECT handles FROM requests WHERE id = ?").get(request);
    return row === undefined ? undefined : (JSON.parse(String(row["handles"])) as CreatedProfile["handles"]);
  }

  /** Puts an artist on the roster, once: a second time changes nothing. */
  addArtist(id: string, profile: ArtistProfile): Artist {
    this.#database
      .prepare("INSERT OR IGNORE INTO artists (id, profile, version) VALUES (?, ?, 1)")
      .run(id, JSON.stringify(profile));
    return this.artist(id) as Artist;
  }

  artist(id: string): Artist | undefined {
    return this.artists().find((artist) => artist.id === id);
  }

  artists(): Artist[] {
    return this.#database
      .prepare("SELECT id, profile, version FROM artists ORDER BY id")
      .all()
      .map((row) => ({
        id: String(row["id"]),
        profile: JSON.parse(String(row["profile"])) as ArtistProfile,
        version: Number(row["version"]),
      }));
  }

  /** Applies an accepted suggestion, and remembers it in the same transaction: the same one again changes nothing. */
  apply({ id, entity, suggestion }: AcceptedSuggestion): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const isNew =
        this.#database
          .prepare("INSERT OR IGNORE INTO suggestions (id, entity, suggestion, changed) VALUES (?, ?, ?, 0)")
          .run(id, entity, suggestion).changes === 1;
      const artist = this.artist(entity);
      if (isNew && artist !== undefined && suggestion === "increase_uniqueness") {
        const profile = withMoreUniqueness(artist.profile);
        if (profile !== artist.profile) {
          this.#database
            .prepare("UPDATE artists SET profile = ?, version = version + 1 WHERE id = ?")
            .run(JSON.stringify(profile), entity);
          this.#database.prepare("UPDATE suggestions SET changed = 1 WHERE id = ?").run(id);
        }
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Every suggestion that was ever applied, the first one first. */
  appliedSuggestions(): AppliedSuggestion[] {
    return this.#database
      .prepare("SELECT id, entity, suggestion, changed FROM suggestions ORDER BY place")
      .all()
      .map((row) => ({
        id: String(row["id"]),
        entity: String(row["entity"]),
        suggestion: String(row["suggestion"]),
        changed: row["changed"] === 1,
      }));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
