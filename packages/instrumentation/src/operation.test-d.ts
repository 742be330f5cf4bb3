/** Checked by the compiler alone: the types of values follow from the definition. */
import { defineOperation, parameters, track, wrap } from "./index.ts";

const operation = defineOperation({
  name: "generate_lyrics",
  context: ["genre", "mood"],
  parameters: {
    temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9 },
    attempts: { type: "integer", base: 1, min: 1, max: 3 },
    model: { type: "choice", base: "small", choices: ["small", "large"] },
    cached: { type: "boolean", base: true },
  },
});

const { values } = operation.parameters({ genre: "rock" }, { key: "user-7" });
export const temperature: number = values.temperature;
export const attempts: number = values.attempts;
export const model: "small" | "large" = values.model;
export const cached: boolean = values.cached;

// @ts-expect-error a choice is one of its names
export const other: "huge" = values.model;
// @ts-expect-error no parameter of this operation
void values.topP;
// @ts-expect-error values are for reading
values.temperature = 1;
// @ts-expect-error a context value is a text, a number or a boolean
operation.parameters({ genre: { deep: true } });

export const tracked: Promise<"small" | "large"> = operation.track(
  { genre: "rock", traceId: "undeclared" },
  async (call) => {
    call.quality(0.9);
    return call.parameters.model;
  },
);
export const sync: number = operation.track({}, (call) => call.parameters.attempts);

operation.recordPerformance({}, { temperature: 0.6, attempts: 2, model: "large", cached: false }, { success: true });
// @ts-expect-error every parameter has a value
operation.recordPerformance({}, { temperature: 0.6 }, { success: true });
// @ts-expect-error an outcome is success, failure or partial
operation.record({ outcome: "ok" });

// @ts-expect-error a definition's parameter is of a known kind
defineOperation({ name: "x", parameters: { a: { type: "float", base: 1 } } });

export const plain: number = track("op", { any: 1 }, () => 42, {
  outcome: (result) => (result > 1 ? "success" : "partial"),
});
export const wrapped: (genre: string, times?: number) => Promise<string> = wrap(
  "op",
  async (genre: string, times = 1) => genre.repeat(times),
  { context: (genre, times) => ({ genre, times }), outcome: (text) => (text === "" ? "failure" : undefined) },
);
export const widened: number = parameters("op", {}, { base: { timeout: 5 } }).values.timeout;
// @ts-expect-error the base says which names there are
void parameters("op", {}, { base: { timeout: 5 } }).values.retries;
