/**
 * The document that a service polls: for every operation of a component its parameter space and, per context, the variants
 * with their shares. Version 1 of the wire contract.
 */
import type { VariantRole, WeightedVariant } from "./assignment.ts";
import { type Context, mostSpecificMatch } from "./context.ts";
import {
  type ParameterSpace,
  type ParameterValues,
  parameterSpaceProblems,
  parameterValuesProblems,
} from "./parameter-space.ts";
import type { Problem } from "./problem.ts";

/** The version of the document's form. */
export const ALLOCATION_DOCUMENT_SCHEMA = 1;

/** One variant of an allocation. */
export interface AllocatedVariant extends WeightedVariant {
  readonly parameters: ParameterValues;
}

/** For one context: the variants and the share of the calls of each; the shares sum to 1. */
export interface Allocation {
  readonly context: Context;
  /** Spreads sticky keys over the variants outside the holdout; changes when they shall be reshuffled. */
  readonly salt: string;
  /** The decision that set these shares; absent before the first. */
  readonly decision?: string;
  readonly variants: readonly AllocatedVariant[];
}

/** What a service needs to know of one operation. */
export interface OperationAllocations {
  /** Declared context keys, in the order that breaks ties between equally specific allocations. */
  readonly context: readonly string[];
  /** Decides who is in the holdout; permanent for the operation. */
  readonly holdoutSalt: string;
  readonly parameters: ParameterSpace;
  readonly allocations: readonly Allocation[];
}

/** The whole document of one component. */
export interface AllocationDocument {
  readonly schema: typeof ALLOCATION_DOCUMENT_SCHEMA;
  /** Names this content; the strong ETag is made of it. */
  readonly revision: string;
  /** ISO 8601, UTC. */
  readonly issuedAt: string;
  /** ISO 8601, UTC. After it, without a newer document, challengers get no calls any more. */
  readonly exploreUntil: string;
  readonly component: string;
  readonly operations: Readonly<Record<string, OperationAllocations>>;
}

/** The allocation that serves a call's context, or undefined where none matches (the base values serve). */
export function findAllocation(operation: OperationAllocations, context: Context): Allocation | undefined {
  return mostSpecificMatch(operation.allocations, context, operation.context);
}

/** The best that is known of some variants: the incumbent, else the baseline; undefined where there is neither. */
export function variantInForce(variants: readonly AllocatedVariant[]): AllocatedVariant | undefined {
  return variants.find(({ role }) => role === "incumbent") ?? variants.find(({ role }) => role === "baseline");
}

/**
 * The variants once exploring must stop: the challengers' share goes to the incumbent, or to the baseline where the
 * baseline is the best that is known.
 */
export function withoutChallengers(variants: readonly AllocatedVariant[]): readonly AllocatedVariant[] {
  const freed = variants.reduce((sum, variant) => sum + (variant.role === "challenger" ? variant.weight : 0), 0);
  if (freed === 0) return variants;
  const staying = variants.filter((variant) => variant.role !== "challenger");
  const heir = staying.find((variant) => variant.role === "incumbent") ?? staying[0];
  if (heir === undefined) return variants;
  return staying.map((variant) => (variant === heir ? { ...variant, weight: variant.weight + freed } : variant));
}

/**
 * Reads a document that came over the wire. Unknown fields are ignored, so that newer controllers can serve older services;
 * anything else that does not fit is told with its path, and none of the document is to be used.
 */
export function parseAllocationDocument(
  input: unknown,
): { document: AllocationDocument } | { problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const fail = (path: Problem["path"], message: string): void => {
    problems.push({ path, message });
  };
  if (!isRecord(input)) return { problems: [{ path: [], message: "is not a JSON object" }] };
  if (input["schema"] !== ALLOCATION_DOCUMENT_SCHEMA) {
    fail(["schema"], `is ${String(input["schema"])}; this package reads version ${ALLOCATION_DOCUMENT_SCHEMA}`);
    return { problems };
  }
  for (const field of ["revision", "component"]) if (typeof input[field] !== "string") fail([field], "is not a text");
  for (const field of ["issuedAt", "exploreUntil"]) {
    const text = input[field];
    if (typeof text !== "string" || Number.isNaN(Date.parse(text))) fail([field], "is not an ISO 8601 time");
  }
  const operations = input["operations"];
  if (!isRecord(operations)) fail(["operations"], "is not an object");
  else
    for (const [name, operation] of Object.entries(operations)) checkOperation(operation, ["operations", name], fail);
  return problems.length > 0 ? { problems } : { document: input as unknown as AllocationDocument };
}

type Fail = (path: Problem["path"], message: string) => void;

function checkOperation(input: unknown, path: Problem["path"], fail: Fail): void {
  if (!isRecord(input)) return fail(path, "is not an object");
  const { context, holdoutSalt, parameters, allocations } = input;
  if (!Array.isArray(context) || !context.every((key) => typeof key === "string"))
    fail([...path, "context"], "is not a list of texts");
  if (typeof holdoutSalt !== "string") fail([...path, "holdoutSalt"], "is not a text");
  if (!isRecord(parameters) || !Object.values(parameters).every(isSpecification)) {
    return fail([...path, "parameters"], "is not a parameter space");
  }
  const space = parameters as unknown as ParameterSpace;
  for (const problem of parameterSpaceProblems(space)) fail([...path, "parameters", ...problem.path], problem.message);
  if (!Array.isArray(allocations)) return fail([...path, "allocations"], "is not a list");
  allocations.forEach((allocation: unknown, index) => {
    checkAllocation(allocation, space, [...path, "allocations", index], fail);
  });
}

function checkAllocation(input: unknown, space: ParameterSpace, path: Problem["path"], fail: Fail): void {
  if (!isRecord(input)) return fail(path, "is not an object");
  const { context, salt, variants } = input;
  if (!isRecord(context) || !Object.values(context).every((value) => typeof value === "string")) {
    fail([...path, "context"], "is not an object of texts");
  }
  if (typeof salt !== "string") fail([...path, "salt"], "is not a text");
  if (!Array.isArray(variants) || variants.length === 0)
    return fail([...path, "variants"], "is not a list of at least one variant");
  let sum = 0;
  variants.forEach((variant: unknown, index) => {
    const here = [...path, "variants", index];
    if (!isRecord(variant)) return fail(here, "is not an object");
    const { id, role, weight, parameters } = variant;
    if (typeof id !== "string") fail([...here, "id"], "is not a text");
    if (!isRole(role)) fail([...here, "role"], `is ${String(role)}; it must be baseline, incumbent or challenger`);
    if (typeof weight !== "number" || !(weight >= 0 && weight <= 1))
      fail([...here, "weight"], "is not a share from 0 to 1");
    else sum += weight;
    if (!isRecord(parameters)) return fail([...here, "parameters"], "is not an object");
    for (const problem of parameterValuesProblems(space, parameters))
      fail([...here, "parameters", ...problem.path], problem.message);
  });
  if (Math.abs(sum - 1) > 1e-6) fail([...path, "variants"], `have shares that sum to ${sum}, not to 1`);
}

function isRole(value: unknown): value is VariantRole {
  return value === "baseline" || value === "incumbent" || value === "challenger";
}

function isSpecification(input: unknown): boolean {
  if (!isRecord(input)) return false;
  if (input["type"] === "choice")
    return Array.isArray(input["choices"]) && input["choices"].every((choice) => typeof choice === "string");
  if (input["type"] === "boolean") return typeof input["base"] === "boolean";
  if (input["type"] !== "number" && input["type"] !== "integer") return false;
  return ["base", "min", "max"].every((field) => typeof input[field] === "number");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
