/** `trimtab new module` as a stranger has it: from packed tarballs, in an empty folder. */
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanUp } from "../end-to-end/processes.ts";
import { moduleFolder, shellEnvironment } from "./module-folder.ts";

const exec = promisify(execFile);

describe("a module from the packed tool", () => {
  let folder: string;
  let told: string;
  beforeAll(() => {
    folder = moduleFolder();
    const cli = join(folder, "node_modules/@trimtab/controller/dist/cli/cli.js");
    const options = { cwd: folder, env: shellEnvironment(), encoding: "utf8", stdio: "pipe" } as const;
    told = execFileSync(process.execPath, [cli, "new", "module", "night-shift_planner2"], options);
  });
  afterAll(cleanUp);

  test("asks for the published packages, and says what is missing as long as they are not", () => {
    expect(told).toContain("night-shift-planner2 has a new module, night_shift_planner2, in 17 files:");
    expect(told).toContain("npm run pack in a clone of Trimtab");
    const { dependencies } = JSON.parse(readFileSync(join(folder, "night-shift-planner2/package.json"), "utf8"));
    expect(dependencies["@trimtab/module-kit"]).toBe("^0.1.0");
  });

  test("passes its tests, compiles, and is found as a package", async () => {
    const options = { cwd: join(folder, "night-shift-planner2"), env: shellEnvironment() };
    const tsc = join(folder, "node_modules/typescript/bin/tsc");
    const [{ stdout }] = await Promise.all([exec("npm", ["test"], options), exec(process.execPath, [tsc], options)]);
    expect(stdout).toMatch(/pass 23\n/);
    expect(stdout).toMatch(/fail 0\n/);
    const program = `import { nightShiftPlanner2 } from "night-shift-planner2";
      await using module = nightShiftPlanner2.create();
      const { data } = await module.process({ kind: "news", text: "One. Two. Three. Four." });
      console.log(data.summary);`;
    const run = await exec(process.execPath, ["--input-type=module", "-e", program], options);
    expect(run.stdout).toBe("One. Two.\n");
  });
});
