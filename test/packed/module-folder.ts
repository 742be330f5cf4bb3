/** An empty folder with everything that `npm install` of a module's packages brings: the packed tarballs, and what they need of others. */
import { globSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, temporaryFolder } from "../end-to-end/processes.ts";
import { unpack } from "./packed-service.ts";

const PACKED = ["conventions", "controller", "engine", "instrumentation", "learning", "module-kit", "simulator"];

/** @returns The folder. What is unpacked is ours; what is linked other people have published. */
export function moduleFolder(): string {
  const folder = temporaryFolder();
  unpack(folder, PACKED);
  const linked = new Set<string>();
  for (const from of [".", ...PACKED.map((name) => `packages/${name}`)]) {
    const installed = join(root, from, "node_modules");
    for (const name of globSync(["@*/*", "[!@.]*"], { cwd: installed })) {
      if (name.startsWith("@trimtab/") || linked.has(name)) continue;
      linked.add(name);
      const link = join(folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(installed, name), link);
    }
  }
  return folder;
}

/** As a person's shell has it: the Node that runs the tests, and nothing of the test runner's. */
export function shellEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TRIMTAB|OTEL|npm_)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    ...more,
  };
}
