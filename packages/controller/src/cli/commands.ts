/** The list of commands, in the order of the help. */
import type { Command } from "./command.ts";
import { backupCommand } from "./commands/backup.ts";
import { approveCommand, rejectCommand, rollbackCommand } from "./commands/change.ts";
import { checkCommand } from "./commands/check.ts";
import { dashboardCommand } from "./commands/dashboard.ts";
import { declaredCommand } from "./commands/declared.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { freezeCommand, resetCommand, unfreezeCommand } from "./commands/freeze.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { newCommand } from "./commands/new.ts";
import { overrideCommand, releaseCommand } from "./commands/override.ts";
import { planCommand } from "./commands/plan.ts";
import { recordsCommand } from "./commands/records.ts";
import { replayCommand } from "./commands/replay.ts";
import { reviewCommand } from "./commands/review.ts";
import { rulesCommand } from "./commands/rules.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { statusCommand } from "./commands/status.ts";
import { tokenCommand } from "./commands/token.ts";
import { loopsCommand, trendsCommand } from "./commands/trends.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command. */
export const commands: readonly Command[] = [
  initCommand,
  newCommand,
  checkCommand,
  planCommand,
  serveCommand,
  statusCommand,
  explainCommand,
  reviewCommand,
  recordsCommand,
  trendsCommand,
  loopsCommand,
  dashboardCommand,
  approveCommand,
  rejectCommand,
  rollbackCommand,
  overrideCommand,
  releaseCommand,
  freezeCommand,
  unfreezeCommand,
  resetCommand,
  declaredCommand,
  replayCommand,
  backupCommand,
  exportCommand,
  importCommand,
  doctorCommand,
  simulateCommand,
  rulesCommand,
  schemaCommand,
  tokenCommand,
  versionCommand,
];
