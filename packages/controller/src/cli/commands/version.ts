/** `trimtab version` */
import { VERSION } from "../../version.ts";
import { type Command, EXIT } from "../command.ts";

/** Prints the version. */
export const versionCommand: Command = {
  name: "version",
  summary: "prints the version",
  options: {},
  positionals: { min: 0, max: 0 },
  run: (_call, { print }) => {
    print(VERSION);
    return Promise.resolve(EXIT.ok);
  },
};
