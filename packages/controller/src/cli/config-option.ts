/** The option that names the configuration file, alike in every command. */
import type { OptionDescription } from "./command.ts";

/** `--config FILE`; the environment variable TRIMTAB_CONFIG is asked before the default. */
export const configOption: { readonly config: OptionDescription } = {
  config: {
    type: "string",
    value: "FILE",
    description: "the configuration; TRIMTAB_CONFIG names another default",
    default: "trimtab.yaml",
  },
};

/** The file that was chosen. */
export function configFileOf(
  options: Readonly<Record<string, string | boolean | undefined>>,
  environment: NodeJS.ProcessEnv,
): string {
  const { config } = options;
  const fromEnvironment = environment["TRIMTAB_CONFIG"];
  if (typeof config === "string" && (config !== configOption.config.default || !fromEnvironment)) return config;
  return fromEnvironment ?? "trimtab.yaml";
}
