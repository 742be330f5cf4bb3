/** The option `--ctx KEY=VALUE`, once for each key. */
import type { Context } from "@trimtab/conventions";
import { type CommandCall, textOption, UsageError } from "./command.ts";

/** The context that a call names. @throws {UsageError} where a text has no key or no value. */
export function contextOption(call: CommandCall): Context {
  const given = textOption(call, "ctx")?.split("\n") ?? [];
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1) throw new UsageError(`"${text}" is not a context with its value; write name=value.`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
