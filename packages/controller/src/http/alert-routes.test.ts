import { afterEach, expect, test } from "vitest";
import { type AppUnderTest, adaptationOf, decisionOf, startApp } from "./app-fixture.ts";

const NOW = Date.UTC(2025, 10, 20, 10, 30);
const MINUTE = 60_000;

const FILE = (alerts: string): string => `
metrics: { source: prometheus, url: "http://127.0.0.1:9090" }
alerts: ${alerts}
components:
  shop:
    operations:
      checkout:
        context: [genre]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
      search: { mode: auto, parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } }
`;

let app: AppUnderTest;
afterEach(() => app.close());

const alert = (changes: object = {}, labels: object = {}) => ({
  status: "firing",
  labels: { alertname: "Slow", severity: "critical", component: "shop", operation: "checkout", ...labels },
  annotations: { summary: "p95 is above 2 s" },
  startsAt: new Date(NOW - MINUTE).toISOString(),
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus/graph",
  fingerprint: "8ee1a2d8f7e1a0c3",
  ...changes,
});

/** A payload in the form of Alertmanager's documentation, version 4. */
async function send(...alerts: object[]): Promise<any[]> {
  const response = await app.fetch("/v1/alerts", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      version: "4",
      groupKey: '{}:{alertname="Slow"}',
      truncatedAlerts: 0,
      status: "firing",
      receiver: "trimtab",
      groupLabels: { alertname: "Slow" },
      commonLabels: {},
      commonAnnotations: {},
      externalURL: "http://alertmanager:9093",
      alerts,
    }),
  });
  const body = (await response.json()) as { alerts: any[] };
  expect([response.status, body]).toEqual([200, body]);
  return body.alerts;
}

async function person(verb: string): Promise<number> {
  const response = await app.fetch(`/v1/operations/shop/checkout/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ by: "ann", why: "a reason" }),
  });
  return response.status;
}
const frozenBy = async (): Promise<string | undefined> =>
  (await app.json<any>("/v1/operations/shop/checkout")).people?.frozen?.by;

test("a firing alert freezes once however often it comes, and its end lets go on", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ match: { severity: critical }, action: freeze }]") });
  const [first] = await send(alert());
  expect(first).toMatchObject({ alert: "Slow", action: "freeze", result: "done", operation: "checkout" });
  expect(first.reason).toContain("ALERT_FROZE: alert froze the operation: Slow fires: p95 is above 2 s");
  expect(await send(alert())).toEqual([first]);
  expect(await frozenBy()).toBe("alert");
  const { acts } = await app.json<any>("/v1/audit?by=alert");
  expect(acts).toMatchObject([{ id: first.act, kind: "freeze", by: "alert", outcome: { result: "done" } }]);
  expect(await send(alert({ status: "resolved" }))).toMatchObject([{ action: "unfreeze", result: "done" }]);
  expect(await frozenBy()).toBeUndefined();
});

test("the end of an alert ends no freeze of a person, nor one that a person took over", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze }]") });
  expect(await person("freeze")).toBe(200);
  expect(await send(alert())).toMatchObject([{ result: "refused" }]);
  expect(await send(alert({ status: "resolved" }))).toMatchObject([{ result: "refused" }]);
  expect(await frozenBy()).toBe("ann");
  expect(await person("unfreeze")).toBe(200);
  const later = { startsAt: new Date(NOW + MINUTE).toISOString() };
  expect(await send(alert(later))).toMatchObject([{ result: "done" }]);
  expect(await person("freeze")).toBe(200);
  expect(await send(alert({ ...later, status: "resolved" }))).toMatchObject([{ result: "refused" }]);
  expect(await frozenBy()).toBe("ann");
});

test("the end of one alert leaves the operation frozen for another that still fires", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze }]") });
  const other = alert({ fingerprint: "another" }, { alertname: "Failing" });
  expect(await send(alert(), other)).toMatchObject([{ result: "done" }, { result: "done" }]);
  const [ended] = await send(alert({ status: "resolved" }));
  expect([ended.result, ended.reason]).toEqual(["done", expect.stringContaining("ALERT_FREEZE_STAYS: Slow has ended")]);
  expect((await app.json<any>("/v1/operations/shop/checkout")).people.frozen.why).toContain("Failing fires");
  expect(await send({ ...other, status: "resolved" })).toMatchObject([{ result: "done" }]);
  expect(await frozenBy()).toBeUndefined();
});

test("an alert does not freeze again what a person let go on after it began", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze }]") });
  await send(alert());
  expect(await person("unfreeze")).toBe(200);
  await send(alert());
  expect(await send(alert({ fingerprint: "another" }))).toMatchObject([{ result: "refused" }]);
  expect(await frozenBy()).toBeUndefined();
});

test("with unfreeze: false the freeze stays until a person ends it", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze, unfreeze: false }]") });
  await send(alert());
  expect(await send(alert({ status: "resolved" }))).toMatchObject([
    { result: "ignored", reason: "its end does not end the freeze" },
  ]);
  expect(await frozenBy()).toBe("alert");
});

test("the first rule that fits counts; what is not asked for, not labelled or not configured is ignored, with the reason", async () => {
  const rules = "[{ match: { severity: page }, action: none }, { match: { severity: critical }, action: freeze }]";
  app = await startApp({ now: () => NOW, file: FILE(rules) });
  const results = await send(
    alert({}, { severity: "page" }),
    alert({}, { severity: "info" }),
    alert({}, { component: "other" }),
    { ...alert(), labels: { alertname: "Slow", severity: "critical" } },
  );
  expect(results.map(({ result, reason }) => [result, reason])).toEqual([
    ["ignored", "its rule says none"],
    ["ignored", "no rule of `alerts` fits its labels"],
    ["ignored", "no such operation is configured"],
    ["ignored", "it has no label component"],
  ]);
  expect(await frozenBy()).toBeUndefined();
});

test("without the label operation the whole component is meant", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze }]") });
  const { operation: _, ...labels } = alert().labels;
  const results = await send({ ...alert(), labels });
  expect(results.map(({ operation, result }) => [operation, result])).toEqual([
    ["checkout", "done"],
    ["search", "done"],
  ]);
});

test("a roll-back is about the changes shortly before the alert, in its context", async () => {
  const change = (id: string, minutes: number, genre: string) =>
    adaptationOf(id, NOW - minutes * MINUTE, { context: { genre } });
  const decisions = [
    decisionOf(1, { at: NOW - 90 * MINUTE, adaptations: [change("old", 90, "rock")] }),
    decisionOf(2, { at: NOW - 20 * MINUTE, adaptations: [change("new", 20, "jazz"), change("pop", 20, "pop")] }),
  ];
  app = await startApp({ now: () => NOW, decisions, file: FILE("[{ action: roll-back }]") });
  const results = await send(alert({}, { ctx_genre: "jazz" }));
  expect(results).toMatchObject([{ action: "roll-back", operation: "checkout" }]);
  const { acts } = await app.json<any>("/v1/audit?kind=roll-back");
  expect(acts.map(({ target, by }: any) => [target, by])).toEqual([["c-new", "alert"]]);
  await send(alert({ startsAt: new Date(NOW - 30 * MINUTE).toISOString() }, { ctx_genre: "pop" }));
  expect((await app.json<any>("/v1/audit?kind=roll-back")).acts).toHaveLength(1);
  expect(await send(alert({ status: "resolved" }))).toMatchObject([{ result: "ignored" }]);
});

test("what is no payload of Alertmanager is refused, with the place", async () => {
  app = await startApp({ now: () => NOW, file: FILE("[{ action: freeze }]") });
  const response = await app.fetch("/v1/alerts", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ version: "3", alerts: [{ status: "burning", labels: {}, startsAt: "today" }] }),
  });
  expect(response.status).toBe(400);
  const { problems } = (await response.json()) as { problems: { path: string }[] };
  expect(problems.map(({ path }) => path).sort()).toEqual(["alerts[0].startsAt", "alerts[0].status", "version"]);
});
