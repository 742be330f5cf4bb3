/** The rules for improvement suggestions, completed with defaults. */
import type { SuggestionRule } from "@trimtab/learning";
import type { ConfigFile } from "./config-file.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** The rules of a file that fits the schema. */
export function toSuggestionRules({
  suggestions = DEFAULTS.suggestions,
}: Pick<ConfigFile, "suggestions">): SuggestionRule[] {
  return suggestions.map(({ id, type, source, target, below, moreThan, within, suggest, confidence }) => ({
    id,
    type,
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    ...(below === undefined ? {} : { below }),
    moreThan: moreThan ?? DEFAULTS.moreThan,
    withinMilliseconds: checkedDuration(within ?? DEFAULTS.within),
    suggestion: suggest,
    confidence: confidence ?? DEFAULTS.confidence,
  }));
}
