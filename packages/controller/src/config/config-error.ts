/** What is thrown where a configuration cannot be used. */
import { basename } from "node:path";
import type { FileProblem } from "./file-problem.ts";
import { formatProblems } from "./problem-list.ts";

/** The configuration cannot be used. Whoever runs with an older one keeps it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly problems: readonly FileProblem[];

  constructor(file: string, problems: readonly FileProblem[]) {
    super(formatProblems(basename(file), problems));
    this.file = file;
    this.problems = problems;
  }
}
