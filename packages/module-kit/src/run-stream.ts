/** The chunks of a run for whoever reads them, and its result for whoever waits for that. */
import type { ModuleResult, ModuleStream } from "./module-result.ts";

/** @param run Yields the chunks and returns the result; it begins with the first reader. */
export function createRunStream(run: AsyncGenerator<unknown, ModuleResult, void>): ModuleStream<unknown, ModuleResult> {
  const result = Promise.withResolvers<ModuleResult>();
  result.promise.catch(() => {}); // whoever reads the chunks hears of it there, and need not ask twice
  let isBegun = false;
  async function* read(): AsyncGenerator<unknown, void, void> {
    let isOver = false;
    try {
      for (;;) {
        const step = await run.next();
        if (step.done === true) {
          isOver = true;
          result.resolve(step.value);
          return;
        }
        yield step.value;
      }
    } catch (error) {
      isOver = true;
      result.reject(error);
      throw error;
    } finally {
      if (!isOver) await leave();
    }
  }
  const leave = async (): Promise<void> => {
    try {
      await run.return(undefined as never);
      result.reject(new Error("the stream was read no further, so there is no result"));
    } catch (error) {
      result.reject(error); // the work failed while it tidied up
      throw error;
    }
  };
  const chunks = read();
  const leaveChunks = chunks.return.bind(chunks);
  // A generator that never began ends without its finally.
  chunks.return = async (value) => {
    const step = await leaveChunks(value);
    await leave();
    return step;
  };
  const drain = async (): Promise<void> => {
    try {
      for await (const _chunk of chunks);
    } catch {
      // told by the result
    }
  };
  return {
    [Symbol.asyncIterator]() {
      isBegun = true;
      return chunks;
    },
    get result() {
      if (!isBegun) {
        isBegun = true;
        void drain();
      }
      return result.promise;
    },
  };
}
