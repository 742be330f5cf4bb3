/**
 * A strategy that somebody else wrote, held to the port: whatever it returns is checked before it can move anything.
 *
 * What it may leave out is filled in: the rule of windows, the shared memory, empty lists, and the code of a reason, which is
 * OWN_STRATEGY unless it is one from the list. What it gets wrong is told as its failure: `decide` then changes nothing and says why.
 */
import type { Json, ParameterValues, Problem } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { REASONS, type ReasonCode } from "../decision/reasons.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import { DEFAULT_WINDOW_RULE, type WindowRule } from "../evidence/windows.ts";
import type { OptionSpecification } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput, StrategyProposal } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";

const ID_FORM = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Is this the definition of a strategy?
 *
 * @param value What a module exports.
 * @param taken Ids that it may not have.
 * @returns Everything that is wrong, with paths from the definition on; empty where it can be used.
 */
export function strategyDefinitionProblems(value: unknown, taken: readonly string[]): Problem[] {
  if (!isRecord(value)) return [{ path: [], message: "is no object with id, options and build" }];
  const problems: Problem[] = [];
  const { id, options, build, problems: check, spaceProblems } = value;
  if (typeof id !== "string" || !ID_FORM.test(id))
    problems.push({
      path: ["id"],
      message: "must be a name of lower-case letters, digits and hyphens, e.g. always-lower",
    });
  else if (taken.includes(id))
    problems.push({ path: ["id"], message: `"${id}" is taken by a strategy that is built in` });
  if (!isRecord(options)) problems.push({ path: ["options"], message: "must be an object; {} where there are none" });
  else {
    for (const [name, specification] of Object.entries(options)) {
      const message = specificationProblem(specification);
      if (message !== undefined) problems.push({ path: ["options", name], message });
    }
  }
  if (typeof build !== "function")
    problems.push({ path: ["build"], message: "must be a function of the options that returns { propose }" });
  for (const [name, each] of Object.entries({ problems: check, spaceProblems }))
    if (each !== undefined && typeof each !== "function")
      problems.push({ path: [name], message: "must be a function, or absent" });
  return problems;
}

/**
 * The strategy that a definition builds, with everything that it proposes checked.
 *
 * @throws {TypeError} where it builds no strategy; and whatever its `build` throws.
 */
export function ownStrategy(definition: StrategyDefinition, options: Readonly<Record<string, unknown>>): Strategy {
  const built: unknown = definition.build(withDefaults(definition, options));
  if (!isRecord(built) || typeof built["propose"] !== "function")
    throw new TypeError(`build of "${definition.id}" returned no object with a function propose`);
  const strategy = built as unknown as Strategy;
  return {
    id: definition.id,
    windowRule: windowRuleOf(built["windowRule"], definition.id),
    // of a copy: whatever it does to what it is given must not reach what is served
    propose: (input) => checkedProposal(strategy.propose(copyOf(input)), input),
  };
}

function withDefaults(
  definition: StrategyDefinition,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const defaults = Object.entries(definition.options).map(([name, specification]) => [name, specification.default]);
  return { ...Object.fromEntries(defaults), ...options };
}

function windowRuleOf(value: unknown, id: string): WindowRule {
  if (value === undefined) return DEFAULT_WINDOW_RULE;
  const isAmount = (each: unknown): boolean => typeof each === "number" && Number.isFinite(each) && each >= 1;
  const names = Object.keys(DEFAULT_WINDOW_RULE);
  if (isRecord(value) && names.every((name) => isAmount(value[name]))) return value as unknown as WindowRule;
  throw new TypeError(`the windowRule of "${id}" needs ${names.join(", ")}, each 1 or more`);
}

/** @throws {TypeError} that says what is wrong, and in which context. */
function checkedProposal(value: unknown, input: StrategyInput): StrategyProposal {
  if (!isRecord(value)) throw new TypeError("propose returned no object");
  const { contexts, shared = null } = value;
  const entries: [string, unknown][] =
    contexts instanceof Map
      ? [...(contexts as Map<string, unknown>)]
      : isRecord(contexts)
        ? Object.entries(contexts)
        : [];
  if (!(contexts instanceof Map) && !isRecord(contexts))
    throw new TypeError("propose must return contexts: a Map, or an object, from context id to proposal");
  const observations = new Map(input.contexts.map((observation) => [observation.id, observation]));
  const checked = entries.map(([id, proposal]) => {
    const observation = observations.get(id);
    if (observation === undefined) throw new TypeError(`contexts: "${id}" was not asked for`);
    try {
      return [id, contextProposal(proposal, observation, input)] as const;
    } catch (error) {
      throw new TypeError(`contexts["${id}"]: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  });
  return { shared: asJson(shared, "shared"), contexts: new Map(checked) };
}

function contextProposal(value: unknown, observation: ContextObservation, input: StrategyInput): ContextProposal {
  if (!isRecord(value)) throw new TypeError("is no object");
  const { memory = null, reason, refused = [], change, challengers } = value;
  if (!Array.isArray(refused)) throw new TypeError("refused is no list");
  return {
    memory: asJson(memory, "memory"),
    reason: reasonOf(reason),
    refused: refused.map((each: unknown) => {
      if (!isRecord(each) || typeof each["variant"] !== "string")
        throw new TypeError("refused needs variant and reason");
      return { variant: each["variant"], reason: reasonOf(each["reason"]) };
    }),
    ...(change === undefined ? {} : { change: changeOf(change, observation, input) }),
    ...(challengers === undefined ? {} : { challengers: challengersOf(challengers) }),
  };
}

function changeOf(
  value: unknown,
  { incumbent, measured }: ContextObservation,
  { policy, window }: StrategyInput,
): NonNullable<ContextProposal["change"]> {
  if (!isRecord(value)) throw new TypeError("change is no object");
  const { to, confidence, reason } = value;
  const parameters = parametersOf(to, "change.to");
  if (typeof confidence !== "number" || !(confidence >= 0 && confidence <= 1))
    throw new TypeError(`change.confidence is ${String(confidence)}; it must be a number from 0 to 1`);
  const nothing = { success: 0, failure: 0, partial: 0 };
  // the numbers of this cycle stand in the record whatever the strategy looked at; its sentence says the rest
  const from = summarizeVariant(incumbent, measured.get(incumbent.id) ?? nothing, policy.objective);
  return { to: parameters, confidence, reason: reasonOf(reason), basis: { window, windows: 1, from } };
}

function challengersOf(value: unknown): { parameters: ParameterValues; weight: number }[] {
  if (!Array.isArray(value)) throw new TypeError("challengers is no list");
  return value.map((each: unknown, index) => {
    const place = `challengers[${index}]`;
    if (!isRecord(each)) throw new TypeError(`${place} is no object`);
    const { parameters, weight } = each;
    if (typeof weight !== "number" || !(weight >= 0 && weight <= 1))
      throw new TypeError(`${place}.weight is ${String(weight)}; it must be a share from 0 to 1`);
    return { parameters: parametersOf(parameters, `${place}.parameters`), weight };
  });
}

function parametersOf(value: unknown, place: string): ParameterValues {
  if (!isRecord(value)) throw new TypeError(`${place} holds no values of parameters`);
  const wrong = Object.entries(value).find(([, each]) => !["number", "string", "boolean"].includes(typeof each));
  if (wrong !== undefined) throw new TypeError(`${place}.${wrong[0]} is no number, text or boolean`);
  const endless = Object.entries(value).find(([, each]) => typeof each === "number" && !Number.isFinite(each));
  if (endless !== undefined) throw new TypeError(`${place}.${endless[0]} is ${String(endless[1])}`);
  return value as ParameterValues; // whether they lie inside the space, `decide` asks of every strategy
}

function reasonOf(value: unknown): Reason {
  if (!isRecord(value) || typeof value["sentence"] !== "string" || value["sentence"] === "")
    throw new TypeError("every reason needs a sentence");
  const { code, sentence } = value;
  const isListed = typeof code === "string" && Object.hasOwn(REASONS, code);
  return { code: isListed ? (code as ReasonCode) : "OWN_STRATEGY", sentence };
}

/** The value as a store gives it back, so that what runs and what is replayed are the same. */
function asJson(value: unknown, place: string): Json {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (key, part: unknown) => {
      if (typeof part === "number" && !Number.isFinite(part)) throw new TypeError(`the number ${part} at "${key}"`);
      return part;
    });
  } catch (error) {
    throw new TypeError(`${place} has no JSON text: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (text === undefined) throw new TypeError(`${place} has no JSON text`);
  return JSON.parse(text) as Json;
}

function specificationProblem(value: unknown): string | undefined {
  const forms = 'must be { type: "number", default, min, max } or { type: "text", default }';
  if (!isRecord(value)) return forms;
  const specification = value as unknown as OptionSpecification;
  switch (specification.type) {
    case "number":
      return [specification.default, specification.min, specification.max].every(Number.isFinite) ? undefined : forms;
    case "text":
      return typeof specification.default === "string" ? undefined : forms;
    case "values":
      return isRecord(specification.default) ? undefined : forms;
    default:
      return forms;
  }
}

/** Lists, maps, sets and plain objects anew, all the way down; functions and everything else as they are. */
function copyOf<Value>(value: Value): Value;
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => copyOf(each));
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, copyOf<unknown>(each)]));
  if (value instanceof Set) return new Set(value);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
