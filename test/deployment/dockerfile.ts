/** What stands in a Dockerfile. */
import { readFileSync } from "node:fs";
import { DockerfileParser } from "dockerfile-ast";

/** One instruction, with what stands behind the keyword. */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
  readonly words: readonly string[];
  /** The first is 0. */
  readonly stage: number;
}

/** The instructions of a file in their order. */
export function instructionsOf(path: string): Instruction[] {
  let stage = -1;
  return DockerfileParser.parse(readFileSync(path, "utf8"))
    .getInstructions()
    .map((instruction) => {
      const keyword = instruction.getKeyword();
      if (keyword === "FROM") stage++;
      const text = instruction.getArgumentsContent() ?? "";
      return { keyword, text, words: text.split(/\s+/), stage };
    });
}
