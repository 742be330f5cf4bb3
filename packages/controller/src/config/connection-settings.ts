/** How the metric source is reached: headers that say who asks, and TLS. What is wrong is added to the problems; no secret is shown. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import type { TlsSettings } from "../sources/secure-fetch.ts";
import { readSecret } from "./access-tokens.ts";
import type { ConnectionSection, TlsSection } from "./config-file.ts";

/** Headers of each request, and how TLS is spoken where it is not as Node does by itself. */
export interface ConnectionSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
}

/** Names the tenant in Mimir, in Cortex and in what speaks their language. */
const TENANT_HEADER = "X-Scope-OrgID";

/** @param tenant Sent as `X-Scope-OrgID`. */
export function connectionSettings(
  section: ConnectionSection & { readonly tenant?: string | undefined },
  path: Problem["path"],
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): ConnectionSettings {
  const given = { ...section.headers, ...(section.tenant === undefined ? {} : { [TENANT_HEADER]: section.tenant }) };
  for (const [name, value] of Object.entries(given)) {
    if (canBeHeader(name, value)) continue;
    const place = name === TENANT_HEADER && section.tenant !== undefined ? ["tenant"] : ["headers", name];
    problems.push({ path: [...path, ...place], message: "has a character that no HTTP header may have" });
  }
  const authorization = authorizationOf(section, path, folder, environment, problems);
  const tls = section.tls === undefined ? undefined : tlsSettings(section.tls, [...path, "tls"], folder, problems);
  return {
    headers: { ...given, ...(authorization === undefined ? {} : { authorization }) },
    ...(tls === undefined ? {} : { tls }),
  };
}

function authorizationOf(
  section: ConnectionSection,
  path: Problem["path"],
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): string | undefined {
  const { username, password, passwordFile, passwordEnvironment } = section;
  const token = readSecret(section, path, folder, environment, problems);
  const passwords = Object.entries({ password, passwordFile, passwordEnvironment }).filter(
    ([, value]) => value !== undefined,
  );
  const [firstPassword] = passwords;
  if (username === undefined) {
    if (firstPassword !== undefined)
      problems.push({ path: [...path, firstPassword[0]], message: "needs metrics.username beside it" });
    return token === undefined ? undefined : `Bearer ${token}`;
  }
  if (section.token !== undefined || section.tokenFile !== undefined || section.tokenEnvironment !== undefined) {
    problems.push({ path, message: "has a token and a username; keep one of them" });
    return undefined;
  }
  if (passwords.length > 1) {
    problems.push({ path, message: `has ${passwords.map(([key]) => key).join(" and ")}; keep one of them` });
    return undefined;
  }
  const secret =
    passwordEnvironment !== undefined
      ? environmentVariable(passwordEnvironment, [...path, "passwordEnvironment"], environment, problems)
      : passwordFile !== undefined
        ? readText(passwordFile, [...path, "passwordFile"], folder, problems)?.trimEnd()
        : password;
  return secret === undefined && firstPassword !== undefined
    ? undefined
    : `Basic ${Buffer.from(`${username}:${secret ?? ""}`).toString("base64")}`;
}

function environmentVariable(
  name: string,
  path: Problem["path"],
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): string | undefined {
  const text = environment[name];
  if (text === undefined || text === "") problems.push({ path, message: `${name} is not set in the environment` });
  return text;
}

function tlsSettings(
  { ca, certificate, key, serverName, insecure }: TlsSection,
  path: Problem["path"],
  folder: string,
  problems: Problem[],
): TlsSettings {
  if ((certificate === undefined) !== (key === undefined))
    problems.push({
      path: [...path, certificate === undefined ? "key" : "certificate"],
      message: "certificate and key go together; write both or neither",
    });
  const pem = (name: string, file: string | undefined): Record<string, string> => {
    if (file === undefined) return {};
    const text = readText(file, [...path, name], folder, problems);
    if (text !== undefined && !text.includes("-----BEGIN "))
      problems.push({
        path: [...path, name],
        message: `${file} is not in PEM: it has no line that begins with -----BEGIN`,
      });
    return { [name]: text ?? "" };
  };
  return {
    ...pem("ca", ca),
    ...pem("certificate", certificate),
    ...pem("key", key),
    ...(serverName === undefined ? {} : { serverName }),
    ...(insecure === undefined ? {} : { insecure }),
  };
}

function readText(file: string, path: Problem["path"], folder: string, problems: Problem[]): string | undefined {
  try {
    return readFileSync(resolve(folder, file), "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    problems.push({ path, message: missing ? `${file} is not there` : `${file} cannot be read: ${String(error)}` });
    return undefined;
  }
}

function canBeHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false; // its message would show the value
  }
}
