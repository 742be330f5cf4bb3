/** Finds the mutants that promtool lets live: they load, and every unit test passes with them as with the rule itself. */
import { isAlert, type Rule } from "../../packages/controller/src/rules/rule.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { groupOf, type PromtoolTest, refusedRules, testRulesTogether } from "./promtool.ts";

/** A rule, and how to try one that has another name in its place. */
export interface Tried {
  readonly rule: Rule;
  /** Rules that it needs. */
  readonly needs: readonly Rule[];
  readonly evaluation: string;
  readonly tests: (name: string) => readonly PromtoolTest[];
}

/** The name of a rule. */
function nameOf(rule: Rule): string {
  return isAlert(rule) ? rule.alert : rule.record;
}

function named(rule: Rule, name: string): Rule {
  return isAlert(rule) ? { ...rule, alert: name } : { ...rule, record: name };
}

/**
 * Tries the mutants of a rule whose place is chosen.
 *
 * @returns What was done to the mutants that nothing caught, and how many there were.
 */
export async function survivingMutants(
  tried: Tried,
  isChosen: (place: number) => boolean = () => true,
): Promise<{ readonly count: number; readonly survivors: string[] }> {
  const { rule, needs, evaluation, tests } = tried;
  const all = mutantsOf(rule)
    .filter((_, place) => isChosen(place))
    .map((mutant, index): Mutant & { name: string } => {
      const name = `${nameOf(rule)}_mutant_${index}`;
      return { ...mutant, rule: named(mutant.rule, name), name };
    });
  const refused = new Set(await refusedRules(all.map((mutant) => mutant.rule)));
  let alive = all.filter((_, index) => !refused.has(index));
  for (;;) {
    const groups = [groupOf([...needs, ...alive.map((mutant) => mutant.rule)])];
    const together = mergeTests(alive.map(({ name }) => tests(name)));
    const { failing, erring } = await testRulesTogether(groups, together, evaluation);
    const caught = (name: string): boolean =>
      [...failing, ...erring].some((said) => new RegExp(`${name}\\b`).test(said));
    const rest = alive.filter(({ name }) => !caught(name));
    // A rule that fails in an evaluation ends the test for all others: try them without it.
    if (erring.length === 0 || rest.length === alive.length)
      return { count: all.length, survivors: rest.map(({ change }) => change) };
    alive = rest;
  }
}

/** The same test of several mutants as one test with an expression for each. */
function mergeTests(ofMutants: readonly (readonly PromtoolTest[])[]): readonly PromtoolTest[] {
  const [first = []] = ofMutants;
  return first.map((one, index) => ({
    ...one,
    expected: ofMutants.flatMap((tests) => tests[index]?.expected ?? []),
  }));
}
