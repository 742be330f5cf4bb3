/** The list of commands, in the order of the help. */
import type { Command } from "./command.ts";
import { checkCommand } from "./commands/check.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command. */
export const commands: readonly Command[] = [serveCommand, checkCommand, schemaCommand, versionCommand];
