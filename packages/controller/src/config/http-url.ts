/** Addresses of other servers. */

/** @returns Why a text is no http or https address, or undefined. */
export function httpUrlProblem(value: string): string | undefined {
  const example = "write it whole, such as http://127.0.0.1:9090";
  const shown = value.includes("@") ? "" : `"${value}" `; // what stands before an @ may be a password
  let parsed: URL;
  try {
    parsed = new URL(value);
  } catch {
    return `${shown}is no URL; ${example}`;
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    return `${shown}is neither http nor https; ${example}`;
  if (parsed.username !== "" || parsed.password !== "")
    return "holds a user name or password; put a token into tokenFile or tokenEnvironment";
  return undefined;
}
