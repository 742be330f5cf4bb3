/** The section `webhooks`: completed with defaults, and its secrets read. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@trimtab/conventions";
import { NOTICE_TYPES, type NoticeType } from "@trimtab/engine";
import { secretProblem } from "../webhooks/signature.ts";
import { hostProblem } from "../webhooks/target-guard.ts";
import type { WebhookSection } from "./config-file.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** A webhook. */
export interface WebhookSettings {
  /** Names it in the store, in metrics and logs. */
  readonly name: string;
  readonly url: string;
  readonly events: ReadonlySet<NoticeType>;
  /** Not for people or logs. */
  readonly secret: string;
  readonly timeoutMilliseconds: number;
  /** So long after it was made a notice is given up. */
  readonly retryForMilliseconds: number;
  /** May it be on this machine or in a private network? */
  readonly allowsPrivate: boolean;
}

const LONGEST_TIMEOUT_MILLISECONDS = 30_000;
const LONGEST_RETRY_MILLISECONDS = 7 * 24 * 3_600_000;

/** The webhooks of a section that fits the schema; what is wrong is added to `problems`. */
export function webhookSettings(
  sections: readonly WebhookSection[] | undefined,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): WebhookSettings[] {
  return (sections ?? []).map((section, index) => {
    const path = ["webhooks", index];
    const { name, url, events = NOTICE_TYPES, allowPrivate = false } = section;
    const refused = hostProblem(new URL(url).hostname, allowPrivate);
    if (refused !== undefined) problems.push({ path: [...path, "url"], message: refused });
    const timeoutMilliseconds = checkedDuration(section.timeout ?? DEFAULTS.webhookTimeout);
    if (timeoutMilliseconds > LONGEST_TIMEOUT_MILLISECONDS || timeoutMilliseconds < 1)
      problems.push({ path: [...path, "timeout"], message: `"${section.timeout}" must be 1ms to 30s` });
    const retryForMilliseconds = checkedDuration(section.retryFor ?? DEFAULTS.webhookRetryFor);
    if (retryForMilliseconds > LONGEST_RETRY_MILLISECONDS)
      problems.push({ path: [...path, "retryFor"], message: `"${section.retryFor}" is too long; the longest is 7d` });
    return {
      name,
      url,
      events: new Set(events),
      secret: readWebhookSecret(section, path, { folder, environment, problems }),
      timeoutMilliseconds,
      retryForMilliseconds,
      allowsPrivate: allowPrivate,
    };
  });
}

function readWebhookSecret(
  { secret, secretFile, secretEnvironment }: WebhookSection,
  path: Problem["path"],
  from: { readonly folder: string; readonly environment: NodeJS.ProcessEnv; readonly problems: Problem[] },
): string {
  const fail = (key: string | undefined, message: string): string => {
    from.problems.push({ path: key === undefined ? path : [...path, key], message });
    return "";
  };
  const checked = (key: string, text: string): string => {
    if (text === "") return fail(key, "is empty");
    const problem = secretProblem(text);
    return problem === undefined ? text : fail(key, problem);
  };
  const given = Object.entries({ secret, secretFile, secretEnvironment }).filter(([, value]) => value !== undefined);
  const [first, ...others] = given.map(([key]) => key);
  if (first === undefined) return fail(undefined, "has no secret; write secretFile or secretEnvironment (or secret)");
  if (others.length > 0) return fail(undefined, `has ${[first, ...others].join(" and ")}; keep one of them`);
  if (secret !== undefined) return checked("secret", secret.trim());
  if (secretEnvironment !== undefined) {
    const text = environment(from, secretEnvironment);
    return text === undefined
      ? fail("secretEnvironment", `${secretEnvironment} is not set in the environment`)
      : checked("secretEnvironment", text);
  }
  try {
    return checked("secretFile", readFileSync(resolve(from.folder, secretFile ?? ""), "utf8").trim());
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return fail(
      "secretFile",
      isMissing ? `${secretFile} is not there` : `${secretFile} cannot be read: ${String(error)}`,
    );
  }
}

function environment(
  { environment: all }: { readonly environment: NodeJS.ProcessEnv },
  name: string,
): string | undefined {
  return all[name]?.trim() || undefined;
}
