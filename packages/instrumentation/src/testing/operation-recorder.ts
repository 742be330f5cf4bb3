/** Takes the calls of a test instead of the metrics, and gives them the parameters that the test wants. */
import {
  type Context,
  canonicalJson,
  type Json,
  type ParameterValues,
  parameterValuesProblems,
  type VariantId,
} from "@trimtab/conventions";
import type { LateWord } from "../call-interceptor.ts";
import { instrumentation } from "../instance.ts";
import type { EndedCall, MeasuredOperation } from "../metrics/measured-call.ts";
import type { ChosenVariant } from "../parameters/chosen-variant.ts";
import type { RecordedCall } from "./recorded-call.ts";

/** Values by operation; a function gives them by context, and undefined for the contexts that it leaves alone. */
export type FixedParameters = Readonly<
  Record<string, ParameterValues | ((context: Context) => ParameterValues | undefined)>
>;

/** What a test asks of what it has recorded. */
export interface OperationRecorder {
  /** The calls that have ended, in the order of their ends; of one operation, or of all. */
  calls(operation?: string): readonly RecordedCall[];
  /**
   * Gives the calls of these operations these values. Names that are left out, and other operations, stay as they are. A later
   * one of this adds to the former.
   *
   * @throws {TypeError} where the operation was defined in code with other parameters, or does not allow a value.
   */
  useParameters(fixed: FixedParameters): void;
  /** Forgets the calls and the parameters: as new. */
  reset(): void;
}

/** The recorder itself. */
export class Recording implements OperationRecorder {
  readonly #calls: { -readonly [Key in keyof RecordedCall]: RecordedCall[Key] }[] = [];
  readonly #values = new Map<VariantId, ParameterValues>();
  #fixed: FixedParameters = {};

  calls(operation?: string): readonly RecordedCall[] {
    return this.#calls.filter((call) => operation === undefined || call.operation === operation);
  }

  useParameters(fixed: FixedParameters): void {
    for (const [operation, values] of Object.entries(fixed)) {
      if (typeof values !== "function") refuseImpossible(operation, values);
    }
    this.#fixed = { ...this.#fixed, ...fixed };
  }

  reset(): void {
    this.#calls.length = 0;
    this.#fixed = {};
  }

  choose(
    operation: MeasuredOperation,
    context: Context,
    chosen: ChosenVariant,
    idOf: (values: ParameterValues) => VariantId,
  ): ChosenVariant {
    const fixed = Object.hasOwn(this.#fixed, operation.name) ? this.#fixed[operation.name] : undefined;
    const values = typeof fixed === "function" ? fixed(context) : fixed;
    const parameters = { ...chosen.parameters, ...values };
    const { source, revision } = chosen;
    const id = values === undefined ? chosen.id : idOf(parameters);
    this.#values.set(id, parameters);
    return { id, parameters, source, revision, siblings: undefined };
  }

  /** Takes a call that has ended. */
  take(operation: MeasuredOperation, context: Context, variant: VariantId, call: EndedCall): void {
    const { outcome, durationMilliseconds, quality, costs, errorType } = call;
    const { component, name } = operation;
    this.#calls.push({
      component,
      operation: name,
      context,
      outcome,
      durationMilliseconds,
      quality,
      costs: Object.fromEntries(costs ?? []),
      errorType,
      variant,
      parameters: this.#values.get(variant) ?? baseOf(component, name, variant),
    });
  }

  /** Takes what is said of a call after its end; of one that ended before this recording began there is nothing to say. */
  takeLate(operation: MeasuredOperation, context: Context, variant: VariantId, said: LateWord): void {
    const { component, name } = operation;
    const key = canonicalJson([component, name, variant, context] as Json);
    const call = this.#calls.findLast(
      (each) => canonicalJson([each.component, each.operation, each.variant, each.context] as Json) === key,
    );
    if (call === undefined) return;
    if ("quality" in said) call.quality = said.quality;
    else call.costs = { ...call.costs, [said.unit]: (call.costs[said.unit] ?? 0) + said.amount };
  }
}

/** An operation that was recorded afterwards asked for nothing; its only variant is that of the base values. */
function baseOf(component: string, operation: string, variant: VariantId): ParameterValues | undefined {
  const base = instrumentation().component(component).operation(operation).base;
  return base?.id === variant ? base.parameters : undefined;
}

function refuseImpossible(name: string, values: ParameterValues): void {
  const { declaration, base } = instrumentation().operation(name);
  if (declaration?.parameters === undefined) return;
  const problems = parameterValuesProblems(declaration.parameters, { ...base?.parameters, ...values });
  if (problems.length === 0) return;
  const texts = problems.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new TypeError(`operation "${name}" cannot have these parameters: ${texts.join("; ")}`);
}
