/**
 * Runs a program that is not Node and ends it when the demonstration is gone: `node guard.ts <program> [arguments]`.
 *
 * What the program writes goes where this process writes; its exit code is this process's exit code.
 */
import { spawn } from "node:child_process";
import { stopWithParent } from "./parent.ts";

const [program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
child.once("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 1000).unref();
  });
}
process.once("exit", () => child.kill("SIGKILL"));
stopWithParent();
