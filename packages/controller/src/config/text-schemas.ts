/** Schemas of texts with a form of their own. */
import { z } from "zod";
import { durationProblem } from "./duration-text.ts";
import { httpUrlProblem } from "./http-url.ts";

/** A text whose every mistake has a message of its own. */
export function text(
  problem: (value: string) => string | undefined,
  description: string,
  example: string,
): z.ZodType<string> {
  return z
    .string()
    .superRefine((value, context) => {
      const message = problem(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description, examples: [example] });
}

/** A duration, such as `30s`. */
export function duration(description: string, example: string): z.ZodType<string> {
  return z
    .string({ error: ({ input }) => durationProblem(input) })
    .superRefine((value, context) => {
      const message = durationProblem(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description, examples: [example], pattern: "^\\s*\\d+(\\.\\d+)?(ms|s|m|h|d|w)\\s*$" });
}

/** An http or https address. */
export function url(description: string, example: string): z.ZodType<string> {
  return text(httpUrlProblem, description, example);
}
