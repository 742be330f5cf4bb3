/** The artists whose posts are planned here, as they are handed in. Two of them come with a biography like any other. */
import type { ProfileRequest } from "@trimtab/example-artist-builder/profile";

/** By the artist's id. */
export const ROSTER: Readonly<Record<string, ProfileRequest>> = {
  "artist-101": {
    name: "Ada Birch",
    artistType: "folk",
    genres: ["ballads"],
    bio: "Mends accordions in a former fire station. Sings at the weekly market in three dialects.",
    tone: "warm",
  },
  "artist-102": {
    name: "Kit Calder",
    artistType: "electronic",
    genres: ["ambient"],
    bio: "Records transformers and tram wires at night. Plays them through a church organ by day.",
    tone: "mysterious",
  },
  "artist-103": {
    name: "Lou Ember",
    artistType: "hiphop",
    genres: ["boom bap"],
    bio: "Drove a night bus for nine years and wrote a verse at every terminus.",
    tone: "bold",
  },
  "artist-104": {
    name: "Esme Frost",
    artistType: "electronic",
    genres: ["synthwave"],
    bio: "Builds her synthesizers from scrapped washing machines. Never owned a computer.",
    tone: "bold",
  },
  "artist-105": {
    name: "Hugo Keene",
    artistType: "folk",
    genres: ["bluegrass"],
    bio: "A talented artist with a passionate sound. Music is an amazing journey of the soul.",
    tone: "warm",
  },
  "artist-106": {
    name: "Isla Dunn",
    artistType: "hiphop",
    genres: ["grime"],
    bio: "Unique and inspiring music with soul. A dream of sound, an amazing journey.",
    tone: "bold",
  },
};
