/** Where in the console one is: a place and back to the part of the address behind `#`. */

/** A place: the parts of its path, and filters. */
export interface Place {
  readonly path: readonly string[];
  readonly filters: Readonly<Record<string, string>>;
}

/** The place that an address names; parts that cannot be read are kept as they are. */
export function placeOf(hash: string): Place {
  const text = hash.replace(/^#?\/?/, "");
  const cut = text.indexOf("?");
  const path = cut < 0 ? text : text.slice(0, cut);
  return {
    path: path === "" ? [] : path.split("/").map(decoded),
    filters: cut < 0 ? {} : Object.fromEntries(new URLSearchParams(text.slice(cut + 1))),
  };
}

/** The address of a place, to be used in a link. Filters without a value are left out. */
export function addressOf(path: readonly string[], filters: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams(
    Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  ).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}

/** A path of the HTTP interface with its parts and parameters encoded. */
export function apiPath(
  parts: readonly string[],
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  return addressOf(parts, parameters).slice(2);
}

/** A context as parameters of a request: `ctx.genre=rock`. */
export function contextParameters(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [`ctx.${key}`, value]));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
