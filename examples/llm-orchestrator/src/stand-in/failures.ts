/** What befalls a request of an invented provider: chance that can be repeated, and a real ceiling. */
import type { StandInProvider } from "./catalogue.ts";
import { draws } from "./seeded.ts";

/** What becomes of a request. */
export type Fate =
  | { readonly kind: "answered" }
  | { readonly kind: "rate-limited"; readonly retryAfterMilliseconds: number }
  | { readonly kind: "server-error" }
  | { readonly kind: "hangs" };

/** A crowded time lasts so long. */
const CROWDED_MILLISECONDS = 800;

/** Decides over the requests of one provider. */
export class ProviderFailures {
  readonly #provider: StandInProvider;
  readonly #seed: string;
  /** Times of the requests of the last second, oldest first. */
  readonly #recent: number[] = [];

  constructor(name: string, provider: StandInProvider, seed: number) {
    this.#provider = provider;
    this.#seed = `${seed}/${name}`;
  }

  /**
   * @param now Milliseconds since the stand-in was started.
   * @param draw The chance of this request.
   */
  fateOf(now: number, draw: () => number): Fate {
    const untilFree = this.#untilUncrowded(now) ?? this.#untilBelowCeiling(now);
    if (untilFree !== undefined) return { kind: "rate-limited", retryAfterMilliseconds: Math.ceil(untilFree) };
    this.#recent.push(now);
    const chance = draw();
    const { serverErrorRatio, hangRatio } = this.#provider;
    if (chance < serverErrorRatio) return { kind: "server-error" };
    return chance < serverErrorRatio + hangRatio ? { kind: "hangs" } : { kind: "answered" };
  }

  /** How many more requests this second would take. */
  remaining(now: number): number {
    this.#forget(now);
    return Math.max(0, this.#provider.requestsPerSecond - this.#recent.length);
  }

  /** Time is cut into slots; in some of them, by the seed, others have used up the quota until the slot ends. */
  #untilUncrowded(now: number): number | undefined {
    const slot = Math.floor(now / CROWDED_MILLISECONDS);
    if (draws(this.#seed, "slot", slot)() >= this.#provider.crowdedRatio) return undefined;
    return (slot + 1) * CROWDED_MILLISECONDS - now;
  }

  #untilBelowCeiling(now: number): number | undefined {
    if (this.remaining(now) > 0) return undefined;
    return Math.max(1, (this.#recent[0] ?? now) + 1000 - now);
  }

  #forget(now: number): void {
    const first = this.#recent.findIndex((at) => at > now - 1000);
    this.#recent.splice(0, first === -1 ? this.#recent.length : first);
  }
}
