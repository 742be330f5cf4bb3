/**
 * Notices that the configuration file has another content.
 *
 * The content is looked at, and not the events of a file system: so it does not matter whether an editor writes in place or renames,
 * whether Kubernetes swaps the symbolic link above the file, or whether the file system tells anything at all. What is there must be
 * the same in two looks, so that half a file is not taken for a whole one.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file that is watched. */
export interface WatchedFile {
  /** Begins to look. `onChange` is called once for each new content, also where the file is gone. */
  start(onChange: () => void): void;
  /** What is there now is known: it is no change any more. */
  markSeen(): void;
  stop(): void;
}

const LOOK_EVERY_MILLISECONDS = 1_000;

/** Remembers what the file holds now; changes from then on are noticed once it is started. */
export function watchedFile(file: string, everyMilliseconds: number = LOOK_EVERY_MILLISECONDS): WatchedFile {
  let seen = contentOf(file);
  let candidate: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    start(onChange) {
      timer = setInterval(() => {
        const content = contentOf(file);
        if (content === seen) candidate = undefined;
        else if (content === candidate) {
          seen = content;
          candidate = undefined;
          onChange();
        } else candidate = content;
      }, everyMilliseconds);
      timer.unref();
    },
    markSeen() {
      seen = contentOf(file);
      candidate = undefined;
    },
    stop: () => clearInterval(timer),
  };
}

/** Names the content; a file that cannot be read has a name of its own. */
function contentOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch (error) {
    return `unreadable: ${error instanceof Error && "code" in error ? String(error.code) : String(error)}`;
  }
}
