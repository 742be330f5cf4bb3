/** What spans of well-known instrumentations become, with the newest names of attributes and with older ones. */
import { expect, test } from "vitest";
import { type EndedSpan, requestOfSpan, spanClassifier } from "./span-operations.ts";

const all = spanClassifier({ database: true, messaging: true, genAi: true });
const span = (attributes: Readonly<Record<string, unknown>>, more: Partial<EndedSpan> = {}): EndedSpan => ({
  name: "x",
  kind: 2,
  attributes,
  status: { code: 0 },
  duration: [1, 500_000_000],
  ...more,
});

test("database calls, by operation and collection, never by their query", () => {
  const newest = { "db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "orders" };
  expect(all(span(newest))).toEqual({
    operation: "postgresql_select",
    context: { system: "postgresql", db_operation: "SELECT", collection: "orders" },
    outcome: "success",
    errorType: undefined,
    durationMilliseconds: 1500,
  });
  const older = all(
    span({ "db.system": "mysql", "db.statement": "  insert into a values ('secret')" }, { status: { code: 2 } }),
  );
  expect(older).toMatchObject({ operation: "mysql_insert", outcome: "failure", context: { db_operation: "INSERT" } });
  expect(JSON.stringify(older)).not.toContain("secret");
  expect(all(span(newest, { kind: 1 }))).toBeUndefined();
});

test("message consumers, by destination; those that pass are one", () => {
  const consumed = {
    "messaging.system": "kafka",
    "messaging.destination.name": "orders.v1",
    "messaging.operation.type": "process",
  };
  expect(all(span(consumed, { kind: 4 }))).toMatchObject({
    operation: "process_orders.v1",
    context: { system: "kafka", destination: "orders.v1" },
  });
  const passing = {
    ...consumed,
    "messaging.destination.name": "amq.gen-8fa2",
    "messaging.destination.temporary": true,
  };
  expect(all(span(passing, { kind: 4 }))?.operation).toBe("process___temporary__");
  expect(all(span({ "messaging.system": "kafka" }, { kind: 3 }))).toBeUndefined(); // a producer
});

test("calls of language models, with their tokens; one that was cut short is a partial success", () => {
  const called = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "small",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 30,
  };
  expect(all(span(called))).toMatchObject({
    operation: "gen_ai_chat",
    context: { provider: "openai", model: "small", finish_reason: "stop" },
    outcome: "success",
    tokens: { input: 12, output: 30 },
  });
  expect(all(span({ ...called, "gen_ai.response.finish_reasons": ["length"] }))?.outcome).toBe("partial");
  expect(all(span({ ...called, "error.type": "429" }, { status: { code: 2 } }))).toMatchObject({
    outcome: "failure",
    errorType: "429",
  });
});

test("spans of one's own, by name and attributes; the first rule that fits", () => {
  const classify = spanClassifier({
    rules: [
      {
        name: "render *",
        attributes: { "app.kind": "page", "app.hot": true },
        operation: "hot",
        context: { size: "app.size" },
      },
      { name: "render *", operation: "cold" },
    ],
  });
  const hot = { "app.kind": "page", "app.hot": true, "app.size": 3 };
  expect(classify(span(hot, { name: "render it" }))).toMatchObject({ operation: "hot", context: { size: "3" } });
  expect(classify(span({}, { name: "render it" }))?.operation).toBe("cold");
  expect(classify(span(hot, { name: "paint it" }))).toBeUndefined();
});

test("server spans with a route are requests", () => {
  const attributes = { "http.request.method": "GET", "http.route": "/a/:id", "http.response.status_code": 503 };
  expect(requestOfSpan(span(attributes, { kind: 1 }))).toEqual({ method: "GET", route: "/a/:id", status: 503 });
  expect(requestOfSpan(span(attributes))).toBeUndefined();
});
