/** Where there is no controller: what people say goes to the module itself, which learns in its own process. */
import type { SendFeedback } from "./feedback-outbox.ts";

/** A module, as far as it hears feedback. */
interface Hears {
  applyFeedback(
    resultId: string,
    feedback: { readonly key: string; readonly type: string; readonly rating?: number; readonly score?: number },
  ): Promise<{ readonly recorded: "added" | "known" }>;
}

/** Gives each item to the module, which counts it once by its key. What is said about an entity is for another service: nobody is there. */
export function moduleSender(module: Hears): SendFeedback {
  return async (items) => {
    let accepted = 0;
    for (const { id: key, type, result, rating, score } of items) {
      if (result === undefined) continue;
      const said = {
        key,
        type,
        ...(rating === undefined ? {} : { rating }),
        ...(score === undefined ? {} : { score }),
      };
      if ((await module.applyFeedback(result, said)).recorded === "added") accepted++;
    }
    return { accepted, known: items.length - accepted, refused: [] };
  };
}
