/** The options of strategies: their defaults, their forms, and what is wrong with what a person wrote. */
import type { ParameterValues, Problem } from "@trimtab/conventions";

/** One option of a strategy. */
export type OptionSpecification =
  | {
      readonly type: "number";
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly isWhole?: boolean;
    }
  | { readonly type: "text"; readonly default: string; readonly choices?: readonly string[] }
  /** Values of parameters, by name. */
  | { readonly type: "values"; readonly default: ParameterValues };

/** Every option of a strategy, by name. */
export type OptionSpecifications = Readonly<Record<string, OptionSpecification>>;

/** The values of options, with the defaults where nothing was written. */
export type OptionValues<Specifications extends OptionSpecifications> = {
  readonly [Name in keyof Specifications]: Specifications[Name]["type"] extends "number"
    ? number
    : Specifications[Name]["type"] extends "values"
      ? ParameterValues
      : string;
};

/** Fills the defaults in. Options must be without problems. */
export function optionValues<Specifications extends OptionSpecifications>(
  specifications: Specifications,
  options: Readonly<Record<string, unknown>>,
): OptionValues<Specifications> {
  const entries = Object.entries(specifications).map(([name, specification]) => [
    name,
    options[name] ?? specification.default,
  ]);
  return Object.fromEntries(entries) as OptionValues<Specifications>;
}

/** @returns Everything that is wrong with the options, each with its path and what would be right. */
export function optionProblems(
  specifications: OptionSpecifications,
  options: Readonly<Record<string, unknown>>,
): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(options)) {
    const specification = Object.hasOwn(specifications, name) ? specifications[name] : undefined;
    if (specification === undefined) {
      problems.push({
        path: [name],
        message: `is no option of this strategy; ${suggestName(name, Object.keys(specifications))}`,
      });
      continue;
    }
    const message = value === undefined ? undefined : optionProblem(specification, value);
    if (message !== undefined) problems.push({ path: [name], message });
  }
  return problems;
}

/** "did you mean …?" where one name is near, else the list. */
export function suggestName(written: string, names: readonly string[]): string {
  const nearest = names
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest !== undefined && nearest.distance <= Math.max(2, nearest.name.length / 3))
    return `did you mean ${nearest.name}?`;
  return names.length === 0 ? "it has none" : `write one of ${names.join(", ")}`;
}

function optionProblem(specification: OptionSpecification, value: unknown): string | undefined {
  if (specification.type === "text") {
    if (typeof value !== "string") return `${String(value)} is not a text`;
    const { choices } = specification;
    return choices === undefined || choices.includes(value)
      ? undefined
      : `"${value}" is unknown; ${suggestName(value, choices)}`;
  }
  if (specification.type === "values") return valuesProblem(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return `${String(value)} is not a finite number`;
  if (specification.isWhole === true && !Number.isInteger(value)) return `${value} is not a whole number`;
  const { min, max } = specification;
  return value < min || value > max ? `${value} is outside ${min} to ${max}` : undefined;
}

function valuesProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return `${String(value)} holds no values; write them by parameter, e.g. { temperature: 0.6 }`;
  const wrong = Object.entries(value).find(([, each]) => !["number", "string", "boolean"].includes(typeof each));
  return wrong === undefined ? undefined : `${wrong[0]} is neither a number nor a text nor true or false`;
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
