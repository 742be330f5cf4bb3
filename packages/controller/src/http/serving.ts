/** The parts that every answer about what is served is made of; one set for the life of the controller. */
import type { AllocationBoard } from "@trimtab/engine";
import { BoardWatch } from "../serving/board-watch.ts";
import type { StreamSubject } from "../serving/event-stream.ts";
import { EventStreams } from "../serving/event-streams.ts";
import { FlagSelections } from "../serving/flag-selection.ts";

/** What is served, by whom it is watched, and who hears of changes. */
export interface Serving {
  readonly watch: BoardWatch;
  readonly selections: FlagSelections;
  readonly streams: EventStreams;
  /** Signs the addresses of streams; another one after a change of the tokens. */
  readonly streamSecret: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number in [0, 1) for a call without a key. */
  readonly chance: () => number;
}

/** What it is made of. */
export interface ServingOptions {
  readonly board: () => AllocationBoard;
  readonly now: () => number;
  readonly chance: () => number;
  readonly streamSecret: () => string;
  /** So many streams at once. */
  readonly mostStreams: () => number;
  readonly onStream: (kind: StreamSubject["kind"], change: 1 | -1) => void;
  readonly onStreamEvent: (kind: StreamSubject["kind"]) => void;
}

/** Makes the parts. Nothing runs before the first stream is opened. */
export function createServing(options: ServingOptions): Serving {
  const { board, now, chance, streamSecret } = options;
  const watch = new BoardWatch({ board, now });
  const streams = new EventStreams({
    watch,
    most: options.mostStreams,
    onCount: options.onStream,
    onEvent: options.onStreamEvent,
  });
  return { watch, selections: new FlagSelections(watch), streams, streamSecret, now, chance };
}
