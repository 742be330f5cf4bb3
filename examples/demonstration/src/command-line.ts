/** From the arguments of an example's command to its exit code. */
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";
import { StartError } from "./start-error.ts";

/** What to do, or that something is wrong with the arguments. */
export type ParsedCommand<Options> =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly problem: string };

/** What every example is told about the run and its results. */
export interface RunOptions {
  /** Ends by itself after this time; undefined: runs until it is stopped. */
  readonly forMilliseconds: number | undefined;
  /** Of the controller; 0: any free one. */
  readonly port: number;
  readonly stateFolder: string;
  /** What earlier runs have learnt is forgotten. */
  readonly fresh: boolean;
  /** Where the summary goes as JSON; `-` is standard output, and everything else then goes to standard error. */
  readonly json: string | undefined;
}

/** The value of an option is wrong; the message is for the person who gave it. */
class WrongOptionError extends Error {}

/**
 * Reads the arguments of a command.
 *
 * @param help The text of --help.
 * @param read Gives the options, undefined where help was asked for; may throw what `parseArgs` throws, and what the readers below throw.
 */
export function readCommand<Options>(help: string, read: () => Options | undefined): ParsedCommand<Options> {
  try {
    const options = read();
    return options === undefined ? { kind: "help", text: help } : { kind: "run", options };
  } catch (error) {
    if (error instanceof WrongOptionError) return { kind: "wrong", problem: error.message };
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS") !== true) throw error;
    return { kind: "wrong", problem: message.split(". ", 1)[0] ?? message }; // the rest is advice about `--` that does not help here
  }
}

/**
 * Does what the arguments ask for, and says on standard error what is wrong with them.
 *
 * @param command How a person starts it, e.g. `npm start --`.
 * @param run Gives the exit code of a run.
 * @returns The exit code: 2 for wrong arguments, 1 where the run could not begin.
 */
export async function runCommand<Options>(
  command: string,
  parsed: ParsedCommand<Options>,
  run: (options: Options) => Promise<number>,
): Promise<number> {
  if (parsed.kind === "help") {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.kind === "wrong") {
    process.stderr.write(`${parsed.problem}\n${command} --help tells the options.\n`);
    return 2;
  }
  try {
    return await run(parsed.options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** A duration in milliseconds. @param tooShort Why it is no shorter than `shortest` milliseconds. */
export function readDuration(option: string, text: string, shortest: number, tooShort: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw wrong(option, text, `duration; write ${DURATION_FORM}`);
  if (milliseconds < shortest) throw new WrongOptionError(`${option}: ${text} is too short; ${tooShort}`);
  return milliseconds;
}

/** A number from `least` to `most`. */
export function readNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!(number >= least && number <= most)) throw wrong(option, text, `number from ${least} to ${most}`);
  return number;
}

/** A number above 0. */
export function readPositive(option: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw wrong(option, text, "number above 0");
  return number;
}

/** A whole number from 0 to `most`. */
export function readWholeNumber(option: string, text: string, most: number): number {
  if (!isWholeNumber(text, most)) throw wrong(option, text, `whole number from 0 to ${most}`);
  return Number(text);
}

/** A port; 0 is any free one. */
export function readPort(option: string, text: string): number {
  if (!isWholeNumber(text, 65_535)) throw wrong(option, text, "port; write a number from 0 (any free one) to 65535");
  return Number(text);
}

function isWholeNumber(text: string, most: number): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= most;
}

function wrong(option: string, text: string, form: string): WrongOptionError {
  return new WrongOptionError(`${option}: "${text}" is no ${form}`);
}
