/** The list of commands, in the order of the help. */
import type { Command } from "./command.ts";
import { checkCommand } from "./commands/check.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { initCommand } from "./commands/init.ts";
import { replayCommand } from "./commands/replay.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { statusCommand } from "./commands/status.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command. */
export const commands: readonly Command[] = [
  initCommand,
  checkCommand,
  serveCommand,
  statusCommand,
  explainCommand,
  replayCommand,
  doctorCommand,
  simulateCommand,
  schemaCommand,
  versionCommand,
];
