/** What the browser keeps until its tab is closed: the token, and who acts. Neither is ever part of an address. */

const TOKEN = "trimtab.token";
const NAME = "trimtab.name";

/** The token that requests send; undefined where none was given. */
export function token(): string | undefined {
  return read(TOKEN);
}

/** Keeps a token; undefined forgets it. */
export function keepToken(value: string | undefined): void {
  keep(TOKEN, value);
}

/** Who acts, as it stands in the audit. */
export function actorName(): string {
  return read(NAME) ?? "";
}

/** Keeps who acts. */
export function keepActorName(value: string): void {
  keep(NAME, value === "" ? undefined : value);
}

/** For this page alone, where the browser forbids storage. */
const fallback = new Map<string, string>();

function read(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return fallback.get(key);
  }
}

function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    if (value === undefined) fallback.delete(key);
    else fallback.set(key, value);
  }
}
