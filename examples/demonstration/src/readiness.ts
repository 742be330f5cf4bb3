/** Waiting for processes that get ready. */
import { setTimeout as wait } from "node:timers/promises";
import { lastLines } from "./processes.ts";
import { StartError } from "./start-error.ts";

/** Processes need a second each; on a machine that does a lot else, longer. */
const START_MILLISECONDS = 90_000;

/**
 * Waits for an answer, and tells whoever waits in vain where to look.
 *
 * @throws {StartError} with the end of the log when it does not come in time; an AbortError when the end came first.
 */
export async function inTime<Result>(logFile: string, answer: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const early = new AbortController();
  const timeout = wait(START_MILLISECONDS, undefined, { signal: early.signal }).then(() => {
    const problem = `Not ready within ${START_MILLISECONDS / 1000} s; the end of ${logFile}:`;
    throw new StartError([problem, ...lastLines(logFile, 15)].join("\n"));
  });
  timeout.catch(() => {}); // aborted, as it should be
  try {
    const result = await Promise.race([answer, timeout]);
    signal.throwIfAborted();
    return result;
  } finally {
    early.abort();
  }
}

/** Asks until the answer is good, or the end has come. */
export async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (response?.ok === true) return;
    await wait(100, undefined, { signal }).catch(() => {});
  }
}
