/** Publishes what the calendar says, when it says so. */
import { setTimeout as wait } from "node:timers/promises";
import type { Calendar } from "./calendar.ts";
import type { Post } from "./content.ts";

/** Brings a post out. @throws where it is not known to be out; it is tried again, under the same id. */
export type Publish = (post: Post) => Promise<void>;

const LOOK_MILLISECONDS = 100;

/** Publishes until the signal. A post that fails is due again at once; the others do not wait for it. */
export async function keepPublishing(calendar: Calendar, publish: Publish, signal: AbortSignal): Promise<void> {
  let isTold = false;
  while (!signal.aborted) {
    const outcomes = await Promise.allSettled(
      calendar.due(Date.now()).map(async (post) => {
        await publish(post);
        calendar.markPublished(post.id);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined && !isTold) console.error(`a post waits: ${String(failed.reason)}`);
    isTold = failed !== undefined;
    await wait(LOOK_MILLISECONDS * (isTold ? 10 : 1), undefined, { signal }).catch(() => {});
  }
}

/** Over HTTP, to a platform that takes a post under its id, once however often it comes. */
export function publishTo(url: string): Publish {
  return async (post) => {
    const response = await fetch(`${url}/published`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(post),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`POST ${url}/published was answered with ${response.status}`);
  };
}
