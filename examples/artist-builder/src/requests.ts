/** The simulated artists: what they hand in. Some of it breaks a rule, and some leave out what they have no opinion about. */
import { takenNames } from "./catalogue.ts";
import { ARTIST_TYPES, type ArtistType, GENRES, type ProfileRequest, TONES } from "./profile.ts";

const FIRST = ["Ada", "Brook", "Cleo", "Dario", "Esme", "Finch", "Gwen", "Hugo", "Isla", "Juno", "Kit", "Lou"];
const SECOND = ["Abbott", "Birch", "Calder", "Dunn", "Ember", "Frost", "Grove", "Hale", "Irwin", "Jarvis", "Keene"];
const SENTENCES = [
  "Grew up above a repair shop for radios.",
  "Recorded the first tape on a ferry in winter.",
  "Plays every show without a set list.",
  "Learnt harmony from a neighbour's player piano.",
  "Still mends every instrument by hand.",
  "Once rehearsed for a year in an empty swimming pool.",
  "Writes at four in the morning and sings at noon.",
  "Keeps a notebook of overheard sentences.",
  "Was a lighthouse keeper's apprentice for one summer.",
];

/** Whole numbers from 0. */
type Pick = <Item>(items: readonly Item[]) => Item;

/** The next request for an artist of a kind. @param random Uniform between 0 and 1. */
export function inventRequest(artistType: ArtistType, random: () => number): ProfileRequest {
  const pick: Pick = (items) => items[Math.floor(random() * items.length)] as (typeof items)[number];
  const own = GENRES[artistType];
  const others = ARTIST_TYPES.filter((type) => type !== artistType).flatMap((type) => GENRES[type]);
  const genres = [pick(own), ...(random() < 0.45 ? [pick(others)] : [])];
  return {
    name: nameOf(random, pick),
    artistType,
    genres,
    bio: bioOf(random, pick),
    ...(random() < 0.3 ? { tone: pick(TONES) } : {}),
    ...(random() < 0.2 ? { postsPerWeek: 1 + Math.floor(random() * 14) } : {}),
  };
}

function nameOf(random: () => number, pick: Pick): string {
  const kind = random();
  if (kind < 0.1) return pick(takenNames());
  const first = kind < 0.5 ? (pick(takenNames()).split(" ")[0] ?? "Ada") : pick(FIRST);
  return `${first} ${pick(SECOND)}`;
}

/** Two to twelve sentences: about 80 to 550 characters. */
function bioOf(random: () => number, pick: Pick): string {
  const count = 2 + Math.floor(random() * 11);
  return Array.from({ length: count }, () => pick(SENTENCES)).join(" ");
}
