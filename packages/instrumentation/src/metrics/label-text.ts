/** Labels as the text format of Prometheus writes them. */
import { type Context, contextLabel, labels, type VariantId } from "@trimtab/conventions";

/** The labels that all series of a cell have; the same text for the same labels, whatever the order of the keys. */
export function cellLabels(component: string, operation: string, variant: VariantId, context: Context): string {
  const own = [label(labels.component, component), label(labels.operation, operation), label(labels.variant, variant)];
  const keys = Object.keys(context).sort();
  return [...own, ...keys.map((key) => label(contextLabel(key), context[key] ?? ""))].join(",");
}

/** One label: `key="value"`. */
export function label(key: string, value: string): string {
  return `${key}="${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}
