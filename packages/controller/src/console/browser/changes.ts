/** Hears at once when what a component is served changes, by the stream of `/v1/allocations`. Where there is none the page goes on asking. */
import { apiPath } from "./routes.ts";
import { token } from "./session.ts";

/** What listens to one component at a time. */
export interface ChangeListener {
  /** Listens to this component from now on; undefined: to none. */
  follow(component: string | undefined): void;
}

/** A stream that ended or failed is asked for again after this time, and not at once with everybody else. */
const RETRY_MILLISECONDS = 15_000;
/** The controller says something every ten seconds; a stream without a word is dead. */
const LONGEST_SILENCE_MILLISECONDS = 25_000;
/** No line of the stream is missed when it is cut in two. */
const EVENT = "\nevent: document\n";

/** @param onChange called when something else is served than before */
export function listenToChanges(onChange: () => void): ChangeListener {
  let followed: string | undefined;
  let ending = new AbortController();

  const listen = async (component: string, end: AbortController): Promise<void> => {
    try {
      await readStream(component, end.signal, onChange);
    } catch {
      // gone, refused or cut: the page asks by itself meanwhile
    }
    if (end.signal.aborted) return;
    setTimeout(
      () => {
        if (!end.signal.aborted) void listen(component, end);
      },
      RETRY_MILLISECONDS * (1 + Math.random()),
    );
  };

  return {
    follow(component) {
      if (component === followed) return;
      followed = component;
      ending.abort();
      ending = new AbortController();
      if (component !== undefined) void listen(component, ending);
    },
  };
}

/** Reads until the stream ends; the first document tells what is served already. */
async function readStream(component: string, signal: AbortSignal, onChange: () => void): Promise<void> {
  const silence = new AbortController();
  const bearer = token();
  const response = await fetch(apiPath(["v1", "allocations"], { component }), {
    headers: { Accept: "text/event-stream", ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }) },
    signal: AbortSignal.any([signal, silence.signal]),
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
  });
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  if (!response.ok || !isStream || response.body === null) {
    await response.body?.cancel();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "\n";
  let documents = 0;
  for (;;) {
    const timer = setTimeout(() => silence.abort(), LONGEST_SILENCE_MILLISECONDS);
    const { done, value } = await reader.read();
    clearTimeout(timer);
    if (done) return;
    text += value;
    const heard = text.split(EVENT).length - 1;
    if (heard > 0 && documents + heard > 1) onChange();
    documents += heard;
    text = text.slice(heard > 0 ? text.lastIndexOf(EVENT) + EVENT.length - 1 : 0).slice(-EVENT.length + 1);
  }
}
