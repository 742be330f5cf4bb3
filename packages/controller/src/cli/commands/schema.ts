/** `trimtab schema` */
import { type Command, EXIT } from "../command.ts";

/** Prints the JSON Schema of the configuration file. */
export const schemaCommand: Command = {
  name: "schema",
  summary: "prints the JSON Schema of trimtab.yaml, for editors",
  details:
    "For VS Code with the YAML extension, begin trimtab.yaml with: # yaml-language-server: $schema=trimtab.schema.json",
  options: {},
  positionals: { min: 0, max: 0 },
  async run(_call, { print }) {
    const { configFileJsonSchema } = await import("../../config/file-schema.ts");
    print(JSON.stringify(configFileJsonSchema(), null, 2));
    return EXIT.ok;
  },
};
