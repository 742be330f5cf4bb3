/** The name in trimtab.yaml and in labels. */
export const COMPONENT = "artist_flow";
