/**
 * Invented listeners: some seconds after a song they give it one to five stars. They like what the scorer likes, more or less: whole
 * stars, and a spread of 0.7 stars.
 */
import { normal } from "./stand-in/seeded.ts";

/** A rating as it goes to the module. The key is that of the form that was filled in: twice under one key counts once. */
export interface Rating {
  readonly rating: number;
  readonly key: string;
  readonly type: "user_rating";
  /** The form again, for whoever counts. */
  readonly data: { readonly form: string };
}

/** Each tenth form is sent twice, as impatient people do. */
const REPEATED_EVERY = 10;

/** Rates songs later. */
export class Listeners {
  readonly #draw: () => number;
  readonly #give: (resultId: string, rating: Rating) => Promise<unknown>;
  readonly #waiting = new Map<NodeJS.Timeout, () => void>();
  readonly #underWay = new Set<Promise<void>>();
  /** Tells the forms of this run from those of another. */
  readonly #run: string;
  #given = 0;
  #repeated = 0;
  #refusal: string | undefined;

  constructor(run: string, draw: () => number, give: (resultId: string, rating: Rating) => Promise<unknown>) {
    this.#run = run;
    this.#draw = draw;
    this.#give = give;
  }

  /** Forms that were sent, each once; and how many of them were sent a second time. */
  get counts(): { readonly ratings: number; readonly ratingsRepeated: number; readonly ratingsRun: string } {
    return { ratings: this.#given, ratingsRepeated: this.#repeated, ratingsRun: this.#run };
  }

  /** Why the last rating was not taken, if one was not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** @param quality 0 to 1. */
  rateLater(resultId: string, quality: number): void {
    const rating = Math.min(5, Math.max(1, Math.round(1 + 4 * quality + normal(this.#draw) * 0.7)));
    const give = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(timer);
      const work = this.#rate(resultId, rating).finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
    };
    const timer = setTimeout(give, 1000 + this.#draw() * 3000);
    this.#waiting.set(timer, give);
  }

  /** Gives what waits at once, and resolves when the module has all of it. */
  async giveAll(): Promise<void> {
    for (const give of this.#waiting.values()) give();
    await Promise.all(this.#underWay);
  }

  async #rate(resultId: string, rating: number): Promise<void> {
    const number = ++this.#given;
    const key = `${this.#run}-${number}`;
    const form: Rating = { rating, key, type: "user_rating", data: { form: key } };
    try {
      await this.#give(resultId, form);
      if (number % REPEATED_EVERY !== 0) return;
      this.#repeated++;
      await this.#give(resultId, form);
    } catch (error) {
      this.#refusal = error instanceof Error ? error.message : String(error);
    }
  }
}
