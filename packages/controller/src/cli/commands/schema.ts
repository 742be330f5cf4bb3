/** `trimtab schema` */
import { configFileJsonSchema } from "../../config/file-schema.ts";
import { type Command, EXIT } from "../command.ts";

/** Prints the JSON Schema of the configuration file. */
export const schemaCommand: Command = {
  name: "schema",
  summary: "prints the JSON Schema of trimtab.yaml, for editors",
  details:
    "For VS Code with the YAML extension, begin trimtab.yaml with: # yaml-language-server: $schema=trimtab.schema.json",
  options: {},
  positionals: { min: 0, max: 0 },
  run: (_call, { print }) => {
    print(JSON.stringify(configFileJsonSchema(), null, 2));
    return Promise.resolve(EXIT.ok);
  },
};
