/** What can be streamed: a component's allocation document, and the notice that flags have changed. */
import type { ServedDocument } from "@trimtab/engine";
import type { BoardWatch } from "./board-watch.ts";
import { EvaluationError } from "./evaluation-context.ts";
import type { StreamSubject } from "./event-stream.ts";
import type { FlagSelection, FlagSelections } from "./flag-selection.ts";

const documentEvents = new WeakMap<ServedDocument["document"], Uint8Array>();

/**
 * The document of a component: `event: document` with each new one, `event: unchanged` in between.
 *
 * @param now Milliseconds since 1970.
 */
export function allocationsSubject(
  component: string,
  watch: BoardWatch,
  now: () => number,
  mayGoOn: () => boolean,
): StreamSubject {
  return {
    kind: "allocations",
    concerns: (changed) => changed === component,
    state() {
      const served = watch.document(component);
      return served === undefined ? undefined : { id: served.document.revision, event: documentEvent(served) };
    },
    unchanged: () =>
      `event: unchanged\ndata: ${JSON.stringify({ revision: watch.document(component)?.document.revision, time: new Date(now()).toISOString() })}\n\n`,
    mayGoOn,
  };
}

/** The notice of the remote evaluation protocol that flags are to be evaluated anew. */
export function flagsSubject(
  components: readonly string[] | undefined,
  selections: FlagSelections,
  mayGoOn: () => boolean,
): StreamSubject {
  const select = (): FlagSelection | undefined => {
    try {
      return selections.select(components?.join(","));
    } catch (error) {
      if (error instanceof EvaluationError) return undefined; // a component of it is configured no more
      throw error;
    }
  };
  return {
    kind: "flags",
    concerns: (changed) => components === undefined || components.includes(changed),
    state() {
      const selection = select();
      return selection === undefined ? undefined : { id: selection.id, event: refetchEvent(selection) };
    },
    unchanged: () => ":\n\n",
    mayGoOn,
  };
}

/** Made once for all readers of a document. */
function documentEvent({ document, bytes }: ServedDocument): Uint8Array {
  let event = documentEvents.get(document);
  if (event === undefined) {
    event = Buffer.concat([
      Buffer.from(`id: ${document.revision}\nevent: document\ndata: `),
      bytes,
      Buffer.from("\n\n"),
    ]);
    documentEvents.set(document, event);
  }
  return event;
}

function refetchEvent({ id, lastModifiedSeconds }: FlagSelection): string {
  const data = { type: "refetchEvaluation", etag: id, lastModified: lastModifiedSeconds };
  return `id: ${id}\nevent: message\ndata: ${JSON.stringify(data)}\n\n`;
}
