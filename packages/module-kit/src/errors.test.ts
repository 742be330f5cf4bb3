import { describe, expect, test } from "vitest";
import {
  ModuleAdaptationError,
  ModuleConfigurationError,
  ModuleError,
  ModuleMetricsError,
  ModuleProcessingError,
} from "./errors.ts";

describe("a module's error", () => {
  test("names the operation and the context, and keeps what was caught", () => {
    const cause = new TypeError("no such template");
    const error = new ModuleProcessingError("the lyrics could not be written", {
      operationId: "op-17",
      context: { genre: "rock", mood: "calm" },
      cause,
    });
    expect(error.message).toBe("the lyrics could not be written (operation op-17, genre=rock, mood=calm)");
    expect(error.cause).toBe(cause);
    expect(error.context).toEqual({ genre: "rock", mood: "calm" });
  });

  test("says no more than it knows", () => {
    const error = new ModuleConfigurationError("adaptationThreshold must be between 0 and 1");
    expect(error.message).toBe("adaptationThreshold must be between 0 and 1");
    expect("cause" in error).toBe(false);
  });

  test.each([ModuleAdaptationError, ModuleConfigurationError, ModuleMetricsError, ModuleProcessingError])(
    "%o is told apart by class and by name, and is caught as a ModuleError",
    (Kind) => {
      const error = new Kind("failed");
      expect(error).toBeInstanceOf(ModuleError);
      expect(error.name).toBe(Kind.name);
      expect(String(error)).toBe(`${Kind.name}: failed`);
    },
  );
});
