/** The application that is fuzzed: with something of everything in its store, so that every route has something to answer. */
import { encodeResultHandle, variantId } from "@trimtab/conventions";
import { type Log, processFeedback, type SqlDatabase, silentLog } from "@trimtab/engine";
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import { type AppOptions, type AppUnderTest, cell, startApp } from "../../packages/controller/src/http/app-fixture.ts";
import { suggestChange } from "../../packages/controller/src/http/suggested-change-fixture.ts";
import { type Description, readDescription } from "./description.ts";
import type { SentRequest } from "./exchange.ts";
import type { KnownValues } from "./valid-values.ts";

const FILE = `
controller: { interval: 30s }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
registration: allow
components:
  batch:
    metrics: reported
    operations:
      translate:
        context: [language]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
  shop:
    operations:
      checkout:
        context: [genre]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        constraints: [success_rate >= 0.9]
        mode: auto
      browse: {}
`;

/** An application that is fuzzed. */
export interface FuzzedApp {
  readonly app: AppUnderTest;
  readonly description: Description;
  readonly known: KnownValues;
  /** What the controller logged as its own failure. */
  readonly errors: string[];
  /** By method and path: a request that is answered with success, in the order in which they have to be sent. */
  readonly examples: ReadonlyMap<string, SentRequest>;
  /** Is the database open still? */
  close(): Promise<void>;
}

/** Starts one on an empty database; without one on SQLite in memory. */
export async function startFuzzedApp(
  database: SqlDatabase | undefined,
  tokens: AppOptions["tokens"] = [],
): Promise<FuzzedApp> {
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, fields) =>
      void errors.push(
        `${message} ${fields["error"] instanceof Error ? fields["error"].stack : String(fields["error"])}`,
      ),
  };
  const app = await startApp({
    file: FILE,
    tokens,
    log,
    hooks: ["chat"],
    ...(database === undefined ? {} : { database }),
  });
  const description = readDescription(await app.json("/openapi.json"));
  if (tokens.length > 0) {
    const known = {
      component: ["shop"],
      operation: ["checkout"],
      id: ["a-1"],
      key: ["shop.checkout"],
      file: ["main.js"],
    };
    return { app, description, known, errors, examples: new Map(), close: () => app.close() };
  }
  app.source.answer = ({ operation }) =>
    operation === "checkout"
      ? { kind: "value", value: [cell("rock", 3, 90, 10), cell("jazz", 5, 80, 20)] }
      : { kind: "no-data", detail: "none" };
  await suggestChange(app, "a-1", "rock");
  await suggestChange(app, "a-2", "jazz");
  await recordFeedback(app);
  const { suggestions } = await app.json<{ suggestions: readonly { readonly id: string }[] }>("/v1/suggestions");
  const { deliveries } = await app.json<{ deliveries: readonly { readonly id: string }[] }>("/v1/webhook-deliveries");
  const page = await (await app.fetch("/")).text();
  const bulk = await app.fetch("/ofrep/v1/evaluate/flags", { method: "POST" });
  const { eventStreams } = (await bulk.json()) as {
    readonly eventStreams: readonly { readonly endpoint: { readonly requestUri: string } }[];
  };
  const capability = decodeURIComponent(eventStreams[0]?.endpoint.requestUri.split("capability=")[1] ?? "");
  const ids = { suggestions: suggestions.map(({ id }) => id), deliveries: deliveries.map(({ id }) => id) };
  const file = /console\/([\w.-]+\.js)/.exec(page)?.[1] ?? "";
  const known = knownValues(ids, capability, file);
  return { app, description, known, errors, examples: examplesOf(description, known, ids), close: () => app.close() };
}

async function recordFeedback(app: AppUnderTest): Promise<void> {
  const items = Array.from({ length: 12 }, (_, index) => ({
    id: `f-${index}`,
    type: "low_engagement",
    entity: `artist-${index % 2}`,
    source: "artist_flow",
    target: "artist_builder",
  }));
  const headers = { "content-type": "application/json" };
  await app.fetch("/v1/feedback", { method: "POST", headers, body: JSON.stringify({ items }) });
  await processFeedback({ store: app.suggestions, rules: DEFAULT_SUGGESTION_RULES, now: Date.now() });
}

interface Ids {
  readonly suggestions: readonly string[];
  readonly deliveries: readonly string[];
}

function knownValues({ suggestions, deliveries }: Ids, capability: string, file: string): KnownValues {
  const variant = variantId({ level: 5 });
  const origin = { component: "shop", operation: "checkout", context: { genre: "rock" }, revision: undefined };
  const handle = encodeResultHandle({ ...origin, variant, at: Date.now() });
  const now = new Date().toISOString();
  return {
    component: ["shop", "shop", "batch", "fresh"],
    operation: ["checkout", "checkout", "translate", "browse", "fresh_one"],
    id: ["a-1", "a-2", "c-a-1", ...suggestions, ...deliveries, "i-1", "i-2"],
    key: ["shop.checkout", "shop.checkout.level", "batch.translate.level"],
    file: [file],
    capability: [capability],
    context: [{ genre: "rock" }, { language: "de" }, {}, { targetingKey: "u-1", genre: "rock" }],
    variant: [variant, variantId({ level: 3 }, "baseline")],
    result: [
      handle,
      encodeResultHandle({ ...origin, component: "shop\0", variant, at: 0 }),
      encodeResultHandle({ ...origin, context: { genre: "\0" }, variant, at: Date.now() }),
    ],
    values: [{ level: 5 }, { level: 99 }],
    parameters: [{ level: { type: "integer", base: 3, min: 1, max: 9 } }, { level: 5 }],
    configuration: [FILE, FILE.replace("max: 9", "max: 7"), "components: {}", "a: [&x [*x, *x]]"],
    period: ["1h", "24h"],
    since: ["7d", "52w"],
    step: ["1h", "1d"],
    at: [now],
    limit: ["1", "1000"],
    outcome: ["success", "failure"],
  };
}

/** What a schema alone cannot say: which id is of what, and what has to be there before. */
function examplesOf(description: Description, known: KnownValues, ids: Ids): ReadonlyMap<string, SentRequest> {
  const why = { why: "a test" };
  const at = new Date().toISOString();
  const variant = variantId({ level: 5 });
  const call = { id: "i-1", outcome: "success", at, variant };
  const parameters = { level: { type: "integer", base: 3, min: 1, max: 9 } };
  const special: Readonly<
    Record<string, readonly [path: Readonly<Record<string, string>>, body?: unknown, query?: string]>
  > = {
    "PUT /v1/operations/{component}/{operation}": [{ component: "fresh", operation: "fresh_one" }, { parameters }],
    "DELETE /v1/operations/{component}/{operation}": [{ component: "fresh", operation: "fresh_one" }],
    "POST /v1/feedback": [{}, { id: "i-1", type: "user_rating", entity: "artist-7", rating: 5 }],
    "POST /v1/records": [
      {},
      { records: [{ ...call, component: "shop", operation: "checkout", context: { genre: "rock" } }] },
    ],
    "POST /v1/outcomes": [{}, { ...call, component: "batch", operation: "translate", context: { language: "de" } }],
    "POST /v1/suggestions/{id}/accept": [{ id: ids.suggestions[0] ?? "" }, why],
    "POST /v1/suggestions/{id}/acknowledge": [{ id: ids.suggestions[0] ?? "" }, { by: "artist_builder" }],
    "POST /v1/suggestions/{id}/dismiss": [{ id: ids.suggestions[1] ?? "" }, why],
    "POST /v1/adaptations/{id}/approve": [{ id: "a-1" }, why],
    "POST /v1/adaptations/{id}/rollback": [{ id: "a-1" }, why],
    "POST /v1/adaptations/{id}/reject": [{ id: "a-2" }, why],
    "PUT /v1/overrides/{component}/{operation}": [{}, { ...why, values: { level: 7 } }, "?ctx.genre=rock"],
    "DELETE /v1/overrides/{component}/{operation}": [{}, undefined, "?ctx.genre=rock&why=over"],
    "POST /v1/operations/{component}/{operation}/freeze": [{}, why],
    "POST /v1/operations/{component}/{operation}/unfreeze": [{}, why],
    "POST /v1/operations/{component}/{operation}/reset": [{}, why],
    "POST /v1/operations/{component}/{operation}/reset/undo": [{}, why],
    "POST /v1/webhook-deliveries/{id}/retry": [{ id: ids.deliveries[0] ?? "" }],
    "POST /v1/learning-cycles": [{}, {}],
    "POST /v1/plan": [{}, { configuration: FILE }],
  };
  const examples = description.operations.map(({ method, path, parameters: described, body }) => {
    const name = `${method} ${path}`;
    const [filled = {}, sent = {}, query] = special[name] ?? [];
    const value = (each: string): string => encodeURIComponent(filled[each] ?? textOf(known[each]?.[0]));
    const required = described.filter((each) => each.in === "query" && each.required);
    const asked = required.map((each) => `${each.name}=${value(each.name)}`).join("&");
    const request: SentRequest = {
      method,
      target: path.replaceAll(/\{(\w+)\}/g, (_, each: string) => value(each)) + (query ?? (asked && `?${asked}`)),
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(sent) }),
    };
    return [name, request] as const;
  });
  // A change is taken back after it was approved, and a rejection of another one must not be in between.
  return new Map(examples.sort(([first], [second]) => rank(first) - rank(second)));
}

function rank(name: string): number {
  if (name.endsWith("/rollback")) return 1;
  return name.endsWith("/reset/undo") ? 2 : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
