/** Counts of one variant in one context and cycle, as a metrics page would have them. */
import type { HistogramStatistics, Random, VariantStatistics } from "@trimtab/learning";
import { SCORE_BOUNDS, type Service, type ServiceBehaviour, type Weather } from "./service.ts";

/** Observations under bounds; cumulative only when they are read. */
class Observations {
  private readonly bounds: readonly number[];
  private readonly counts: number[];
  private sum = 0;
  private count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.bounds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }

  read(): HistogramStatistics {
    let total = 0;
    const buckets = this.counts.map((count) => (total += count));
    return { buckets, sum: this.sum, count: this.count };
  }
}

/** What one user has in common over all calls. */
export interface Taste {
  readonly quality: number;
  readonly logSeconds: number;
}

/** The counts of one variant. */
export class Tally {
  private success = 0;
  private failure = 0;
  private partial = 0;
  private cost = 0;
  private readonly durations: Observations;
  private readonly scores = new Observations(SCORE_BOUNDS);
  private readonly ratings = new Observations(SCORE_BOUNDS);

  constructor(durationBounds: readonly number[]) {
    this.durations = new Observations(durationBounds);
  }

  /** Serves one call and counts it. */
  call(behaviour: ServiceBehaviour, service: Service, weather: Weather, taste: Taste, random: Random): void {
    const { success, partial = 0, medianSeconds, durationSpread = 0.4, cost = 0 } = behaviour;
    const shift = weather.quality ?? 0;
    const outcome = random.uniform() - shift / 2;
    if (outcome < success) this.success += 1;
    else if (outcome < success + partial) this.partial += 1;
    else this.failure += 1;
    const logSeconds = durationSpread * random.gaussian() + taste.logSeconds;
    this.durations.add(medianSeconds * (weather.duration ?? 1) * Math.exp(logSeconds));
    if (random.uniform() < (service.scored ?? 1))
      this.scores.add(scoreAround(behaviour.quality + shift + taste.quality, random));
    this.cost += cost * Math.exp(0.47 * random.gaussian() - 0.11); // half of the mean as its deviation
  }

  /** Counts a rating that arrives in this cycle. */
  rate(mean: number, random: Random): void {
    this.ratings.add(scoreAround(mean, random));
  }

  read(): VariantStatistics {
    const feedback = this.ratings.read();
    return {
      success: this.success,
      failure: this.failure,
      partial: this.partial,
      duration: this.durations.read(),
      quality: this.scores.read(),
      cost: { sum: this.cost },
      ...(feedback.count === 0 ? {} : { feedback }),
    };
  }
}

/** Evenly around the mean, as far as 0.3 where that fits: the mean is kept exactly. */
function scoreAround(mean: number, random: Random): number {
  const middle = Math.min(1, Math.max(0, mean));
  const width = Math.min(0.3, middle, 1 - middle);
  return middle + width * (2 * random.uniform() - 1);
}
