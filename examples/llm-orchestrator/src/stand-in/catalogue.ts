/**
 * The invented providers and their models. About ten times as fast as services of today, so that two minutes hold what takes
 * a real service twenty; the proportions between models are those of real price lists and speed tests.
 */

/** How an invented model behaves. Times are of its median answer. */
export interface StandInModel {
  /** Milliseconds to the first token. */
  readonly firstTokenMilliseconds: number;
  readonly millisecondsPerToken: number;
  /** Spread of an answer's time: the standard deviation of its logarithm. */
  readonly spread: number;
  /** Tokens of prompt and answer together. */
  readonly contextTokens: number;
}

/** How an invented provider fails. */
export interface StandInProvider {
  readonly models: Readonly<Record<string, StandInModel>>;
  /** More requests in a second are answered with 429. */
  readonly requestsPerSecond: number;
  /** The share of the time in which others use up the shared quota: every request is answered with 429 until it is over. */
  readonly crowdedRatio: number;
  /** The share of the requests that are answered with 500, each by itself: the next try is as good as any. */
  readonly serverErrorRatio: number;
  /** The share of the requests that are never answered. */
  readonly hangRatio: number;
}

/** By the name that begins the path: `/aurora/v1/chat/completions`. */
export const STAND_IN_PROVIDERS: Readonly<Record<string, StandInProvider>> = {
  aurora: {
    models: {
      "aurora-large": { firstTokenMilliseconds: 60, millisecondsPerToken: 1.1, spread: 0.25, contextTokens: 8_000 },
      "aurora-small": { firstTokenMilliseconds: 25, millisecondsPerToken: 0.4, spread: 0.25, contextTokens: 8_000 },
    },
    requestsPerSecond: 400,
    crowdedRatio: 0.07,
    serverErrorRatio: 0.03,
    hangRatio: 0.08,
  },
  borealis: {
    models: {
      "borealis-writer": { firstTokenMilliseconds: 40, millisecondsPerToken: 0.7, spread: 0.3, contextTokens: 4_000 },
    },
    requestsPerSecond: 400,
    crowdedRatio: 0.07,
    serverErrorRatio: 0.03,
    hangRatio: 0.05,
  },
  cirrus: {
    models: {
      "cirrus-mini": { firstTokenMilliseconds: 15, millisecondsPerToken: 0.25, spread: 0.3, contextTokens: 2_000 },
    },
    requestsPerSecond: 400,
    crowdedRatio: 0.03,
    serverErrorRatio: 0.02,
    hangRatio: 0.02,
  },
};
