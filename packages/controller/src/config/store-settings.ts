/** The section `controller.store`: completed with defaults, and its secret read. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import type { PostgresSection, SqliteSection } from "./config-file.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** A file that this process alone uses. */
interface SqliteSettings {
  readonly kind: "sqlite";
  /** Absolute, or `:memory:`. */
  readonly path: string;
  readonly keepDecisionsMilliseconds: number;
}

/** A server that any number of controllers share. */
interface PostgresSettings {
  readonly kind: "postgres";
  /** With its password: not for people or logs. */
  readonly url: string;
  readonly maximumConnections: number;
  /** So long after its last sign the leader is no leader any more. */
  readonly leaseMilliseconds: number;
  readonly keepDecisionsMilliseconds: number;
}

/** Where the controller keeps its memory. */
export type StoreSettings = SqliteSettings | PostgresSettings;

/** Is it in memory, where no other process and no other thread can reach it? */
export function isInMemory(store: StoreSettings): boolean {
  return store.kind === "sqlite" && store.path === ":memory:";
}

const SHORTEST_LEASE_MILLISECONDS = 3_000;
const LONGEST_LEASE_MILLISECONDS = 60_000;

const PATH = ["controller", "store"];

/** The settings; what is wrong is added to `problems`. */
export function storeSettings(
  section: SqliteSection | PostgresSection | undefined,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): StoreSettings {
  const keepDecisionsMilliseconds = checkedDuration(section?.keepDecisions ?? DEFAULTS.keepDecisions);
  if (section?.kind !== "postgres") {
    const path = section?.path ?? DEFAULTS.storePath;
    const start = environment["TRIMTAB_STORE_PATH"] ? process.cwd() : folder;
    return { kind: "sqlite", path: path === ":memory:" ? path : resolve(start, path), keepDecisionsMilliseconds };
  }
  const leaseMilliseconds = checkedDuration(section.lease ?? DEFAULTS.lease);
  if (leaseMilliseconds < SHORTEST_LEASE_MILLISECONDS || leaseMilliseconds > LONGEST_LEASE_MILLISECONDS)
    problems.push({ path: [...PATH, "lease"], message: `"${section.lease}" must be 3s to 1m` });
  return {
    kind: "postgres",
    url: readUrl(section, folder, environment, problems),
    maximumConnections: section.maximumConnections ?? DEFAULTS.maximumConnections,
    leaseMilliseconds,
    keepDecisionsMilliseconds,
  };
}

function readUrl(
  { url, urlFile, urlEnvironment }: PostgresSection,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): string {
  const fail = (key: string | undefined, message: string): string => {
    problems.push({ path: key === undefined ? PATH : [...PATH, key], message });
    return "";
  };
  const checked = (key: string, text: string | undefined): string => {
    const trimmed = text?.trim() ?? "";
    if (trimmed === "") return fail(key, "is empty");
    const protocol = URL.parse(trimmed)?.protocol;
    if (protocol === "postgres:" || protocol === "postgresql:") return trimmed;
    return fail(key, "is no address of PostgreSQL; write postgres://user:password@host:5432/database");
  };
  const given = Object.entries({ url, urlFile, urlEnvironment }).filter(([, value]) => value !== undefined);
  const [first, ...others] = given.map(([key]) => key);
  if (first === undefined) return fail(undefined, "has no address; write urlFile or urlEnvironment (or url)");
  if (others.length > 0) return fail(undefined, `has ${[first, ...others].join(" and ")}; keep one of them`);
  if (url !== undefined) return checked("url", url);
  if (urlEnvironment !== undefined) {
    const text = environment[urlEnvironment];
    return text
      ? checked("urlEnvironment", text)
      : fail("urlEnvironment", `${urlEnvironment} is not set in the environment`);
  }
  try {
    return checked("urlFile", readFileSync(resolve(folder, urlFile ?? ""), "utf8"));
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return fail("urlFile", isMissing ? `${urlFile} is not there` : `${urlFile} cannot be read: ${String(error)}`);
  }
}
