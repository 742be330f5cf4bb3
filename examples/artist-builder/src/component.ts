/** The name in trimtab.yaml, in labels, and under which suggestions find this service. */
export const COMPONENT = "artist_builder";
