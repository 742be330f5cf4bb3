/** Questions to an HTTP interface that answers in JSON. */

/** The answer of an address as an object. @throws where it is no good one. */
export async function getJson<Body>(url: string, signal: AbortSignal): Promise<Body> {
  const response = await fetch(url, { signal });
  if (!response.ok)
    throw new Error(`GET ${url} was answered with ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as Body;
}

/**
 * Everything in a list of the controller's, on as many pages as there are.
 *
 * @param url With a question mark already, because the place to go on from is added to it.
 * @param name The key of the list in each page.
 */
export async function getPages<Item>(url: string, name: string, signal: AbortSignal): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await getJson<Record<string, unknown>>(
      cursor === undefined ? url : `${url}&cursor=${encodeURIComponent(cursor)}`,
      signal,
    );
    items.push(...(page[name] as Item[]));
    cursor = (page["nextCursor"] ?? undefined) as string | undefined;
  } while (cursor !== undefined);
  return items;
}
