/** A list of problems as a person reads it. */
import type { Problem } from "@trimtab/conventions";
import type { FileProblem } from "./file-problem.ts";

/**
 * All problems, one line each:
 *
 *     trimtab.yaml has 2 problems
 *       components.shop.operations.checkout.holdout  1.5 is too large; it must be less than 1 (line 12)
 *       controller.interval                          "10" has no unit; write "10s", "10m" or "10h" (line 2)
 */
export function formatProblems(file: string, problems: readonly FileProblem[]): string {
  const paths = problems.map(({ path }) => formatPath(path));
  const width = Math.min(80, Math.max(...paths.map((path) => path.length)));
  const lines = problems.map(({ message, line }, index) => {
    const path = paths[index] ?? "";
    const place = line === undefined ? "" : ` (line ${line})`;
    return `  ${width === 0 ? "" : `${path.padEnd(width)}  `}${message}${place}`;
  });
  return [`${file} has ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`, ...lines].join("\n");
}

/** A path as one text: `components.shop.operations.checkout.constraints[0]`. */
export function formatPath(path: Problem["path"]): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (/^[A-Za-z_$][\w$/-]*$/.test(segment)) text += text === "" ? segment : `.${segment}`;
    else text += `[${JSON.stringify(segment)}]`;
  }
  return text;
}
