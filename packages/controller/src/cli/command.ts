/** What a command of the command-line tool is. */

/** Exit codes of every command. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** It did not work, or (doctor) something is wrong. */
  failed: 1,
  /** Called in a wrong way, or the configuration is bad. */
  misused: 2,
} as const;

/** An option of a command. */
export interface OptionDescription {
  readonly type: "string" | "boolean";
  /** What to write for the value, e.g. `FILE`. */
  readonly value?: string;
  readonly description: string;
  readonly default?: string;
  /** May stand several times; the values come joined by line breaks. */
  readonly isList?: boolean;
}

/** What a command was called with. */
export interface CommandCall {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** The outside of a command. */
export interface Terminal {
  /** Writes to standard output; the line break is added. */
  readonly print: (text: string) => void;
  /** Writes to standard error; the line break is added. */
  readonly complain: (text: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  /** Puts a color around a text where colors are wanted. */
  readonly paint: (color: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;
}

/** One command. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further text for its own help. */
  readonly details?: string;
  /** What to write after the options, e.g. `<id | last>`. */
  readonly argument?: string;
  readonly options: Readonly<Record<string, OptionDescription>>;
  /** How many positional arguments it takes. */
  readonly positionals: { readonly min: number; readonly max: number };
  /** Resolves with the exit code. */
  readonly run: (call: CommandCall, terminal: Terminal) => Promise<number>;
}

/** The command was called in a wrong way. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command cannot do what it was asked; the message says why and what to do. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/** A text option, or its default. */
export function textOption(call: CommandCall, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === "string" ? value : undefined;
}
