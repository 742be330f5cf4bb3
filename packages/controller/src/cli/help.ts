/** Help texts, made of what the commands say about themselves. */
import type { Command } from "./command.ts";

/** The list of commands. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "trimtab: parameters that tune themselves from the metrics that services already emit",
    "",
    "usage: trimtab <command> [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    '"trimtab <command> --help" tells the options of a command.',
    "Exit codes: 0 done, 1 failed or (doctor) something is wrong, 2 wrong use or bad configuration; plan --detailed-exitcode has 3.",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp({ name, summary, details, argument, options }: Command): string {
  const rows = Object.entries(options).map(([option, { value, description, default: fallback }]) => ({
    left: `--${option}${value === undefined ? "" : ` ${value}`}`,
    right: `${description}${fallback === undefined ? "" : ` (default: ${fallback})`}`,
  }));
  rows.push({ left: "--help", right: "this text" });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    `usage: trimtab ${name} [options]${argument === undefined ? "" : ` ${argument}`}`,
    "",
    `${summary[0]?.toUpperCase() ?? ""}${summary.slice(1)}.`,
    ...(details === undefined ? [] : ["", details]),
    "",
    ...rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`),
  ].join("\n");
}
