/** What a view is given: where it is, what time it is, what it may read and start. */
import type { ActOrder } from "./act-dialog.ts";
import type { Feed } from "./feed.ts";
import type { Place } from "./routes.ts";

/** The console, as a view sees it. */
export interface Console {
  readonly feed: Feed;
  readonly place: Place;
  /** Milliseconds since 1970, by this browser's clock. */
  readonly now: number;
  /** Of the window, in pixels. */
  readonly width: number;
  /** Hears at once of what this component is served from now on. */
  readonly follow: (component: string) => void;
  /** Opens the dialog of an act. */
  readonly act: (order: ActOrder) => void;
  /** Puts a text into the clipboard, and says so. */
  readonly copy: (text: string) => void;
  /** What was copied last, for a moment. */
  readonly copied: string | undefined;
  /** Goes to a place. */
  readonly go: (path: readonly string[], filters?: Readonly<Record<string, string | undefined>>) => void;
}
