#!/usr/bin/env node
import { processTerminal } from "./process-terminal.ts";
/** The command-line tool: arguments to a command, errors to messages, results to exit codes. */
import { runCli } from "./run-cli.ts";

process.exitCode = await runCli(process.argv.slice(2), processTerminal());
