/** Addresses of other servers. */

/** @returns Why a text is no http or https address, or undefined. */
export function httpUrlProblem(value: string): string | undefined {
  const example = "write it whole, such as http://127.0.0.1:9090";
  let parsed: URL;
  try {
    parsed = new URL(value);
  } catch {
    return `"${value}" is no URL; ${example}`;
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    return `"${value}" is neither http nor https; ${example}`;
  if (parsed.username !== "" || parsed.password !== "")
    return "holds a user name or password; put a token into tokenFile or tokenEnvironment";
  return undefined;
}
