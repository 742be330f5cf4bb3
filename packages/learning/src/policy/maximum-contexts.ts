/**
 * So many contexts of an operation are remembered, the empty one among them. Beyond it those that were seen longest ago are forgotten, and
 * of those that were seen in the same cycle the last by their ids; a forgotten context begins anew when it is seen again.
 */
export const MAXIMUM_CONTEXTS = 10_000;
