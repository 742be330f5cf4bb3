/** Bearer tokens and other secrets: from where the configuration says they are to their texts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import type { Role, SecretSection, TokenSection } from "./config-file.ts";

/** A token that opens the HTTP interface. Its text is forgotten once it is read. */
export interface AccessToken {
  readonly name: string;
  readonly roles: readonly Role[];
  /** SHA-256 of the token, in hexadecimal. */
  readonly digest: string;
  /** Its text is short, or made of few different characters. Absent where it is not, and where only its hash is known. */
  readonly isGuessable?: true;
}

/** A token has at least so many characters, and so many bits as its length and its different characters can have at most. */
const FEWEST_CHARACTERS = 16;
const FEWEST_BITS = 64;

/** Can it be guessed by trying? An estimate from above: a word that is long enough passes, too. */
function isGuessable(token: string): boolean {
  const bits = token.length * Math.log2(new Set(token).size);
  return token.length < FEWEST_CHARACTERS || bits < FEWEST_BITS;
}

/** What is kept of a token's text. */
function keptOf(token: string): Pick<AccessToken, "digest" | "isGuessable"> {
  return { digest: digestOfToken(token), ...(isGuessable(token) ? { isGuessable: true } : {}) };
}

/** What a configuration may hold instead of a token: `sha256:` and 64 hexadecimal digits. */
const TOKEN_HASH: RegExp = /^sha256:([0-9a-f]{64})$/;

/** The digest by which a token is known. */
export function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** A token as it is kept in memory. */
export function accessToken({
  name,
  roles,
  token,
}: {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly token: string;
}): AccessToken {
  return { name, roles, ...keptOf(token) };
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
    const kept = keptOfSection(section, path, folder, environment, problems);
    if (kept === undefined) {
      if (problems.length === before)
        problems.push({ path, message: "has no token; write tokenFile, tokenEnvironment or tokenHash (or token)" });
      continue;
    }
    if (tokens.some(({ digest }) => digest === kept.digest))
      problems.push({ path, message: "is the same token as an earlier one; give each its own" });
    tokens.push({ name: section.name, roles: section.roles, ...kept });
  }
  return tokens;
}

function keptOfSection(
  section: TokenSection,
  path: Problem["path"],
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): Pick<AccessToken, "digest" | "isGuessable"> | undefined {
  const { tokenHash, ...secret } = section;
  if (tokenHash === undefined) {
    const token = readSecret(secret, path, folder, environment, problems);
    return token === undefined ? undefined : keptOf(token);
  }
  if (secret.token !== undefined || secret.tokenFile !== undefined || secret.tokenEnvironment !== undefined) {
    problems.push({ path, message: "has a token and its tokenHash; keep one of them" });
    return undefined;
  }
  const hash = TOKEN_HASH.exec(tokenHash)?.[1];
  if (hash !== undefined) return { digest: hash };
  problems.push({ path: [...path, "tokenHash"], message: "is no hash of a token; trimtab token prints both" });
  return undefined;
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
