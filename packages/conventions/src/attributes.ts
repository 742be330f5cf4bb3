/**
 * Attribute keys of spans and labels of metrics.
 *
 * Names that the OpenTelemetry semantic conventions define stand here once, because they move: `feature_flag.*` is a release
 * candidate and `gen_ai.*` is in development (semantic conventions 1.45).
 */

/** Keys of span attributes. */
export const spanAttributes = {
  component: "trimtab.component",
  operation: "trimtab.operation",
  variant: "trimtab.variant",
  outcome: "trimtab.outcome",
  quality: "trimtab.quality",
  revision: "trimtab.revision",
  parametersSource: "trimtab.parameters.source",
  errorType: "error.type",
  featureFlagKey: "feature_flag.key",
  featureFlagVariant: "feature_flag.result.variant",
  featureFlagProvider: "feature_flag.provider.name",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
} as const;

/** Tokens of a language model, by the values of `gen_ai.token.type`. */
export type TokenType = "input" | "output";

/** The span attribute that holds one key of the call's context. */
export function contextAttribute(key: string): string {
  return `trimtab.context.${key}`;
}

/** The span attribute that holds one parameter in force. */
export function parameterAttribute(name: string): string {
  return `trimtab.parameter.${name}`;
}

/** The span attribute that holds one entry of the caller's metadata. */
export function metadataAttribute(key: string): string {
  return `trimtab.metadata.${key}`;
}

/** Keys of metric labels. */
export const labels = {
  component: "component",
  operation: "operation",
  variant: "variant",
  outcome: "outcome",
  unit: "unit",
  errorType: "error_type",
  type: "type",
} as const;

/** How a tracked call ended. In a success rate a partial counts one half, everywhere. */
export type Outcome = "success" | "failure" | "partial";

/** Every outcome, in the order of the contract. */
export const OUTCOMES: readonly Outcome[] = ["success", "failure", "partial"];

const CONTEXT_LABEL_PREFIX = "ctx_";

/** The metric label of a context key: `genre` becomes `ctx_genre`. */
export function contextLabel(key: string): string {
  return `${CONTEXT_LABEL_PREFIX}${key}`;
}

/** The context key of a metric label, or undefined for a label that belongs to no context. */
export function contextKeyOfLabel(label: string): string | undefined {
  return label.startsWith(CONTEXT_LABEL_PREFIX) ? label.slice(CONTEXT_LABEL_PREFIX.length) : undefined;
}
