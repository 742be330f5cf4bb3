/** Environment variables that overrule the file. */
import type { Problem } from "@trimtab/conventions";
import type { Role } from "./config-file.ts";
import { isRecord } from "./plain-values.ts";

/** A variable and the place of the file that it overrules. */
interface Override {
  readonly variable: string;
  readonly path: readonly string[];
}

const OVERRIDES: readonly Override[] = [
  { variable: "TRIMTAB_LISTEN", path: ["controller", "listen"] },
  { variable: "TRIMTAB_INTERVAL", path: ["controller", "interval"] },
  { variable: "TRIMTAB_STORE_PATH", path: ["controller", "store", "path"] },
  { variable: "TRIMTAB_STORE_URL", path: ["controller", "store", "url"] },
  { variable: "TRIMTAB_METRICS_URL", path: ["metrics", "url"] },
  { variable: "TRIMTAB_METRICS_TOKEN", path: ["metrics", "token"] },
];

/** A variable that holds a bearer token of one role. */
const TOKEN_VARIABLES: readonly { readonly variable: string; readonly role: Role }[] = [
  { variable: "TRIMTAB_READ_TOKEN", role: "read" },
  { variable: "TRIMTAB_EVALUATE_TOKEN", role: "evaluate" },
  { variable: "TRIMTAB_FEEDBACK_TOKEN", role: "feedback" },
  { variable: "TRIMTAB_OPERATE_TOKEN", role: "operate" },
];

/** Every variable that is read, for the reference. */
export const ENVIRONMENT_VARIABLES: readonly string[] = [...OVERRIDES, ...TOKEN_VARIABLES].map(
  ({ variable }) => variable,
);

/** The file's value with the variables put in, and which variable each changed place came from. */
export interface Overridden {
  readonly value: unknown;
  /** The variable that set a place of the value, if one did. */
  readonly variableAt: (path: Problem["path"]) => string | undefined;
}

/** Puts the variables in. An empty variable counts as unset. The file's value is left as it is. */
export function applyEnvironment(value: unknown, environment: NodeJS.ProcessEnv): Overridden {
  if (!isRecord(value)) return { value, variableAt: () => undefined };
  const result = structuredClone(value);
  const changed: Override[] = [];
  for (const override of OVERRIDES) {
    const text = environment[override.variable];
    if (text === undefined || text === "") continue;
    if (override.path[0] === "metrics" && !isPrometheus(result["metrics"])) continue;
    if (override.path[1] === "store") keepStoreOf(result, override.path.at(-1) === "url" ? "postgres" : "sqlite");
    setAt(result, override.path, text);
    if (override.path.at(-1) === "token") removeOtherSecrets(result["metrics"]);
    changed.push(override);
  }
  for (const { variable, role } of TOKEN_VARIABLES) {
    if (!environment[variable]) continue;
    const tokens = tokensOf(result);
    changed.push({ variable, path: ["controller", "tokens", String(tokens.length)] });
    tokens.push({ name: variable, roles: [role], tokenEnvironment: variable });
  }
  return { value: result, variableAt: (path) => changed.find((each) => beginsWith(path, each.path))?.variable };
}

function beginsWith(path: Problem["path"], beginning: readonly string[]): boolean {
  return beginning.every((segment, index) => String(path[index]) === segment);
}

function isPrometheus(metrics: unknown): boolean {
  return isRecord(metrics) && metrics["source"] === "prometheus";
}

function removeOtherSecrets(metrics: unknown): void {
  if (!isRecord(metrics)) return;
  delete metrics["tokenFile"];
  delete metrics["tokenEnvironment"];
}

/** A store of another kind than the file says has nothing of what stands there but how long decisions are kept. */
function keepStoreOf(root: Record<string, unknown>, kind: "sqlite" | "postgres"): void {
  const controller = root["controller"];
  const before = isRecord(controller) && isRecord(controller["store"]) ? controller["store"] : {};
  const { url: _url, urlFile: _urlFile, urlEnvironment: _urlEnvironment, ...rest } = before;
  const { keepDecisions } = before;
  const store =
    before["kind"] === kind ? { ...rest } : { kind, ...(keepDecisions === undefined ? {} : { keepDecisions }) };
  if (isRecord(controller)) controller["store"] = store;
  else root["controller"] = { store };
}

function tokensOf(root: Record<string, unknown>): unknown[] {
  const controller = isRecord(root["controller"]) ? root["controller"] : {};
  root["controller"] = controller;
  if (!Array.isArray(controller["tokens"])) controller["tokens"] = [];
  return controller["tokens"] as unknown[];
}

function setAt(root: Record<string, unknown>, path: readonly string[], text: string): void {
  let place = root;
  for (const segment of path.slice(0, -1)) {
    const inner = place[segment];
    const next = isRecord(inner) ? inner : {};
    place[segment] = next;
    place = next;
  }
  place[path.at(-1) ?? ""] = text;
}
