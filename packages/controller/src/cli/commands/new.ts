/** `trimtab new` */
import { existsSync, globSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type GeneratedModule, GenerateError, generateModule } from "@trimtab/module-kit/generate";
import { type Command, CommandFailure, EXIT, textOption, UsageError } from "../command.ts";

/** Writes a new self-learning module. */
export const newCommand: Command = {
  name: "new",
  summary: "writes a new self-learning module, with tests that pass",
  details: [
    "A package with core, schemas, adaptation, metrics, feedback, errors, configuration, tests and a README. It runs, learns and is tested as it is;",
    "its work is an example that is to be replaced. Nothing is asked, and nothing that is there is overwritten without --force.",
  ].join("\n"),
  argument: "module <name>",
  options: {
    out: { type: "string", value: "FOLDER", description: "where to write (default: a folder of the module's name)" },
    packages: {
      type: "string",
      value: "FOLDER",
      description:
        "tarballs of Trimtab's packages, as npm run pack writes them (default: those of the clone, where it has some)",
    },
    force: { type: "boolean", description: "write over files that are there" },
  },
  positionals: { min: 0, max: 2 },
  run(call, terminal) {
    const [kind, name] = call.positionals;
    if (kind !== "module") {
      const said = kind === undefined ? "" : ` There is no "trimtab new ${kind}".`;
      throw new UsageError(`Write: trimtab new module <name>.${said}`);
    }
    if (name === undefined) throw new UsageError("The module needs a name: trimtab new module song_writer.");
    const options = {
      out: textOption(call, "out"),
      tarballs: textOption(call, "packages"),
      tarballsOtherwise: tarballsOfClone(),
    };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const made = generate({ name, force: call.options["force"] === true, ...given });
    terminal.print(report(made));
    return Promise.resolve(EXIT.ok);
  },
};

function generate(asked: Parameters<typeof generateModule>[0]): GeneratedModule {
  try {
    return generateModule(asked);
  } catch (error) {
    if (error instanceof GenerateError) throw new CommandFailure(`${capitalized(error.message)}.`);
    throw error;
  }
}

/** The packages are not in a registry yet; a clone that has packed them knows where they are. */
function tarballsOfClone(): string | undefined {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith(".ts")) return undefined;
  const folder = join(here, "../../../../../../dist");
  return existsSync(folder) && globSync("trimtab-module-kit-*.tgz", { cwd: folder }).length > 0 ? folder : undefined;
}

function report({ names, folder, files, source }: GeneratedModule): string {
  const place = relative(process.cwd(), folder) || ".";
  const install = source === "workspace" ? "pnpm install      # it is part of this workspace" : "npm install";
  return [
    `${place} has a new module, ${names.component}, in ${files.length} files:`,
    ...files.map((file) => `  ${file}`),
    "",
    "Next:",
    ...(place === "." ? [] : [`  cd ${place}`]),
    `  ${install}`,
    "  npm test          # everything passes as it is",
    "  npm start         # watch it learn for 20 seconds",
    "Then replace the work in src/core.ts, what it may learn in src/adaptation.ts, and what is good in src/metrics.ts.",
    ...(source === "published"
      ? [
          "The packages are not published yet: npm run pack in a clone of Trimtab writes them, --packages names that folder.",
        ]
      : []),
  ].join("\n");
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
