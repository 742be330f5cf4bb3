/** What both sources need around `fetch`: credentials in an address, and a body that must not be larger than expected. */

/**
 * Takes name and password out of an address, where people write them and where fetch refuses them.
 *
 * @returns The header that says the same; empty where there are none.
 */
export function takeCredentials(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** @returns The body as UTF-8 text, or undefined when it has more bytes than that. */
export async function readText(response: Response, maximumBytes: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maximumBytes) return undefined; // leaving the loop cancels the body
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
