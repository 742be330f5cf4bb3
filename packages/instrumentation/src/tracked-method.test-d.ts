/** Checked by the compiler alone: what a decorated method may be, and what a wrapped callback is told. */
import { tracked, wrapCallback } from "./index.ts";

export class Writer {
  readonly style: string = "calm";

  @tracked()
  plain(): number {
    return 1;
  }

  @tracked("generate_lyrics", { context: (genre: string) => ({ genre }), stream: false })
  async write(genre: string, times = 1): Promise<string> {
    return genre.repeat(times);
  }

  @tracked("generate_lyrics", {
    context(this: Writer) {
      return { style: this.style };
    },
    outcome: (text: string) => (text === "" ? "failure" : undefined),
  })
  async of(): Promise<string> {
    return this.style;
  }

  // @ts-expect-error the method has no genre that is a text
  @tracked("generate_lyrics", { context: (genre: string) => ({ genre }) })
  other(genre: number): number {
    return genre;
  }

  // @ts-expect-error a field is no method
  @tracked()
  field: () => number = () => 1;
}

type Callback = (error: Error | null, text?: string) => void;
declare function read(path: string, encoding: string, callback: Callback): void;

export const reader: typeof read = wrapCallback("read", read, {
  context: (path, encoding) => ({ path, encoding }),
  outcome: (text) => (text === "" ? "partial" : undefined),
});
