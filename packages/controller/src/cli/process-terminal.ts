/** The terminal that the process was started in. */
import { writeSync } from "node:fs";
import type { Terminal } from "./command.ts";

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

/**
 * Standard output and error of this process. Colors only on a terminal, and never with NO_COLOR. Whoever reads may stop at any
 * time (`trimtab status | head -1`): that ends the program quietly.
 */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  const hasColor = process.stdout.isTTY && !process.env["NO_COLOR"];
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    environment: process.env,
    paint: (color, text) => (hasColor ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text),
  };
}

/** Writes at once, also when the process is about to end. */
export function writeErrorLine(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // nobody reads any more; the controller goes on
  }
}
