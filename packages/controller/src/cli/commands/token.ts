/** `trimtab token` */
import { randomBytes } from "node:crypto";
import { type Command, EXIT } from "../command.ts";

/** Bytes of chance: far more than anybody can guess. */
const TOKEN_BYTES = 32;

/** Makes a token and its hash. */
export const tokenCommand: Command = {
  name: "token",
  summary: "makes a new token, and the hash of it for trimtab.yaml",
  details: [
    "The token goes to whoever calls the controller; it is shown this once and kept nowhere.",
    "The hash goes under controller.tokens as tokenHash: whoever reads the file can do nothing with it.",
  ].join("\n"),
  options: { json: { type: "boolean", description: "as JSON, for programs" } },
  positionals: { min: 0, max: 0 },
  async run({ options }, { print }) {
    const { digestOfToken } = await import("../../config/access-tokens.ts");
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const tokenHash = `sha256:${digestOfToken(token)}`;
    if (options["json"] === true) print(JSON.stringify({ token, tokenHash }));
    else print(`token      ${token}\ntokenHash  ${tokenHash}`);
    return EXIT.ok;
  },
};
