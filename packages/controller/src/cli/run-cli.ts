/** From arguments to a command and its exit code. */
import { parseArgs } from "node:util";
import { ConfigError } from "../config/config-error.ts";
import { didYouMean } from "../nearest.ts";
import { type Command, CommandFailure, EXIT, type Terminal, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, generalHelp } from "./help.ts";

/** Runs the tool; resolves with the exit code and never rejects. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    terminal.complain(generalHelp(commands));
    return EXIT.misused;
  }
  if (name === "--help" || name === "-h" || name === "help") return help(rest[0], terminal);
  const command = findCommand(name === "--version" || name === "-v" ? "version" : name);
  if (command === undefined) return misused(unknownCommand(name), terminal);
  try {
    return await runCommand(command, rest, terminal);
  } catch (error) {
    if (error instanceof UsageError)
      return misused(`${error.message}\n"trimtab ${command.name} --help" tells more.`, terminal);
    if (error instanceof ConfigError) return misused(error.message, terminal);
    terminal.complain(error instanceof CommandFailure ? error.message : unexpected(error));
    return EXIT.failed;
  }
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(command, argv);
  if (values["help"] === true) {
    terminal.print(commandHelp(command));
    return EXIT.ok;
  }
  const { min, max } = command.positionals;
  if (positionals.length > max) throw new UsageError(`trimtab ${command.name} does not take "${positionals[max]}".`);
  if (positionals.length < min)
    throw new UsageError(`trimtab ${command.name} needs ${command.argument ?? "an argument"}.`);
  return command.run({ options: values, positionals }, terminal);
}

function parse(
  command: Command,
  argv: readonly string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  const options = Object.fromEntries([
    ...Object.entries(command.options).map(
      ([name, { type, isList = false }]) => [name, { type, multiple: isList }] as const,
    ),
    ["help", { type: "boolean", short: "h" }] as const,
  ]);
  const known = Object.keys(options).map((name) => `--${name}`);
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const result: Record<string, string | boolean | undefined> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = command.options[token.name];
    if (option === undefined && token.name !== "help") {
      throw new UsageError(
        `trimtab ${command.name} has no option "${token.rawName}"${didYouMean(token.rawName, known)}`,
      );
    }
    if (
      option?.type === "string" &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))
    ) {
      throw new UsageError(`"${token.rawName}" needs a value: ${token.rawName} ${option.value ?? "VALUE"}`);
    }
    if (option?.type !== "string" && token.value !== undefined)
      throw new UsageError(`"${token.rawName}" takes no value.`);
    const value = values[token.name];
    result[token.name] = Array.isArray(value) ? value.join("\n") : value;
  }
  for (const [name, { default: fallback }] of Object.entries(command.options)) result[name] ??= fallback;
  return { values: result, positionals };
}

function help(topic: string | undefined, terminal: Terminal): number {
  if (topic === undefined) {
    terminal.print(generalHelp(commands));
    return EXIT.ok;
  }
  const command = findCommand(topic);
  if (command === undefined) return misused(unknownCommand(topic), terminal);
  terminal.print(commandHelp(command));
  return EXIT.ok;
}

function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}

function unknownCommand(name: string): string {
  const known = commands.map((command) => command.name);
  return `trimtab has no command "${name}"${didYouMean(name, known)}\n"trimtab --help" lists them.`;
}

function misused(message: string, terminal: Terminal): number {
  terminal.complain(message);
  return EXIT.misused;
}

function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return `trimtab failed: ${String(error)}`;
  return `trimtab failed: ${error.message}\n${error.stack ?? ""}`;
}
