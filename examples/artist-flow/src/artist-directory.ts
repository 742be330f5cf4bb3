/** Who the artists are: asked of the artist builder again and again, because it may change them; or a fixed list, where there is none. */
import { setTimeout as wait } from "node:timers/promises";
import { type ArtistProfile, type ProfileRequest, uniquenessOf } from "@trimtab/example-artist-builder/profile";
import type { PostedArtist } from "./content.ts";

/** What is known of the artists at the moment. */
export class ArtistDirectory {
  #artists: readonly PostedArtist[];

  /** @param roster Stands until the artist builder has said more. */
  constructor(roster: Readonly<Record<string, ProfileRequest>>) {
    this.#artists = Object.entries(roster).map(([id, request]) => posted(id, request, 1));
  }

  artists(): readonly PostedArtist[] {
    return this.#artists;
  }

  find(id: string): PostedArtist | undefined {
    return this.#artists.find((artist) => artist.id === id);
  }

  /** Puts the roster on the builder's, then asks it every second, until the signal. Where it does not answer, what is known stands. */
  async follow(url: string, roster: Readonly<Record<string, ProfileRequest>>, signal: AbortSignal): Promise<void> {
    const missing = new Map(Object.entries(roster));
    let isTold = false;
    while (!signal.aborted) {
      try {
        for (const [id, request] of missing) {
          await ask(`${url}/artists/${id}`, { method: "PUT", body: JSON.stringify(request) });
          missing.delete(id);
        }
        const { artists } = (await ask(`${url}/artists`)) as {
          readonly artists: readonly {
            readonly id: string;
            readonly profile: ArtistProfile;
            readonly version: number;
          }[];
        };
        if (artists.length > 0) this.#artists = artists.map(({ id, profile, version }) => posted(id, profile, version));
        isTold = false;
      } catch (error) {
        if (!isTold) console.error(`the artist builder: ${error instanceof Error ? error.message : String(error)}`);
        isTold = true;
      }
      await wait(1000, undefined, { signal }).catch(() => {});
    }
  }
}

function posted(id: string, profile: ProfileRequest, version: number): PostedArtist {
  const { name, genres, artistType, tone = "warm", bio } = profile;
  return { id, name, genre: genres[0] ?? artistType, artistType, tone, uniqueness: uniquenessOf({ bio }), version };
}

async function ask(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, {
    ...init,
    headers: { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok)
    throw new Error(`${url} was answered with ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}
