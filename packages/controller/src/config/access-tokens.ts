/** Bearer tokens and other secrets: from where the configuration says they are to their texts. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import type { Role, SecretSection, TokenSection } from "./config-file.ts";

/** A token that opens the HTTP interface. */
export interface AccessToken {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly token: string;
}

/**
 * The tokens with their texts; what cannot be had is added to `problems`.
 *
 * @param sections Undefined where a section is broken in itself, so that the others keep their index.
 */
export function resolveTokens(
  sections: readonly (TokenSection | undefined)[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): AccessToken[] {
  const tokens: AccessToken[] = [];
  for (const [index, section] of sections.entries()) {
    if (section === undefined) continue;
    const path = ["controller", "tokens", index];
    const before = problems.length;
    const token = readSecret(section, path, folder, environment, problems);
    if (token === undefined) {
      if (problems.length === before)
        problems.push({ path, message: "has no token; write tokenFile or tokenEnvironment (or token)" });
      continue;
    }
    if (tokens.some((other) => other.token === token))
      problems.push({ path, message: "is the same token as an earlier one; give each its own" });
    tokens.push({ name: section.name, roles: section.roles, token });
  }
  return tokens;
}

/** The text of a secret, or undefined where none is configured or it cannot be had; the latter is added to `problems`. */
export function readSecret(
  section: SecretSection,
  path: Problem["path"],
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): string | undefined {
  const { token, tokenFile, tokenEnvironment } = section;
  const given = Object.entries({ token, tokenFile, tokenEnvironment }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    problems.push({ path, message: `has ${given.map(([key]) => key).join(" and ")}; keep one of them` });
    return undefined;
  }
  const fail = (key: string, message: string): undefined => {
    problems.push({ path: [...path, key], message });
  };
  const checked = (key: string, text: string): string | undefined =>
    BEARER_TOKEN.test(text) ? text : fail(key, "holds a space or another character that no bearer token may have");
  if (token !== undefined) return token.trim() === "" ? fail("token", "is empty") : checked("token", token);
  if (tokenEnvironment !== undefined) {
    const text = environment[tokenEnvironment]?.trim();
    if (!text) return fail("tokenEnvironment", `${tokenEnvironment} is not set in the environment`);
    return checked("tokenEnvironment", text);
  }
  if (tokenFile === undefined) return undefined;
  try {
    const text = readFileSync(resolve(folder, tokenFile), "utf8").trim();
    return text === "" ? fail("tokenFile", `${tokenFile} is empty`) : checked("tokenFile", text);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return fail("tokenFile", missing ? `${tokenFile} is not there` : `${tokenFile} cannot be read: ${String(error)}`);
  }
}

/** Any other one could not be sent, or not be told from what stands beside it in the header. */
const BEARER_TOKEN = /^[\x21-\x7e]+$/;
