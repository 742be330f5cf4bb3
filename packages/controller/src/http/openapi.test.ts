import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ERROR_CODES } from "../errors.ts";
import { type AppUnderTest, adaptationOf, cell, decisionOf, FIRST_CYCLE_AT, startApp } from "./app-fixture.ts";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: object;
  }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
    >
  >;
}
interface Schema {
  readonly $ref?: string;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let app: AppUnderTest;
let document: Document;
beforeAll(async () => {
  const side = { variant: "base-x", parameters: { level: 3 }, calls: 100, utility: 0.5 };
  const lift = {
    estimate: 0.05,
    lower: 0.01,
    upper: 0.09,
    level: 0.95,
    windows: 4,
    since: FIRST_CYCLE_AT,
    holdout: side,
    served: side,
  };
  const reason = { code: "COLLECTING" as const, sentence: "The window is not full yet." };
  const context = { genre: "rock" };
  const together = {
    changeId: "c-1",
    adaptations: [
      adaptationOf("a-1", FIRST_CYCLE_AT, { changeId: "c-1" }),
      adaptationOf("a-2", FIRST_CYCLE_AT, { changeId: "c-1", context: { genre: "jazz" } }),
    ],
  };
  app = await startApp({
    decisions: [
      decisionOf(1, { adaptations: together.adaptations }),
      decisionOf(2, { contexts: [{ context, kind: "shift", reason, refused: [{ variant: "v-x", reason }], lift }] }),
    ],
  });
  app.source.answer = ({ operation }) =>
    operation === "checkout"
      ? { kind: "value", value: [cell("rock", 3, 90, 10)] }
      : { kind: "no-data", detail: "none" };
  document = await app.json<Document>("/openapi.json");
});
afterAll(() => app.close());

/** Every operation of the document with its path and method. */
function operations(): [string, string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
  );
}

describe("the document", () => {
  test("is OpenAPI 3.1, and each path parameter is declared", () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(operations().length).toBeGreaterThan(12);
    for (const [path, , operation] of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(
        inPath,
      );
      expect(operation.summary).not.toBe("");
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    }
  });

  test("names each operation once", () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
  });

  test("refers to nothing that is not in it, and holds nothing that is not referred to", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) =>
      (reference ?? "").replace("#/components/schemas/", ""),
    );
    expect([...new Set(references)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  test("tells every error code somewhere, but those that no route can have by itself", () => {
    const described = Object.values(document.paths)
      .flatMap((methods) =>
        Object.values(methods).flatMap(({ responses }) =>
          Object.values(responses).map(({ description }) => description),
        ),
      )
      .join(" ");
    const untold = ERROR_CODES.filter((code) => !described.includes(`${code}:`));
    expect(untold).toEqual(["METHOD_NOT_ALLOWED"]);
  });
});

describe("what the routes really answer fits what the document says", () => {
  /** What does not fit; empty when all does. */
  const misfits = async (path: string, template: string, init: RequestInit = {}): Promise<unknown[]> => {
    const response = await app.fetch(path, init);
    const operation = document.paths[template]?.[(init.method ?? "GET").toLowerCase()];
    const said = operation?.responses[String(response.status)];
    if (said === undefined) return [`${path}: the status ${response.status} is not described`];
    const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
    const { $ref = "" } = said.content?.[type]?.schema ?? {};
    const schema = document.components.schemas[$ref.replace("#/components/schemas/", "")];
    if (schema === undefined) return [`${path}: the type ${type} is not described for ${response.status}`];
    const result = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(await response.json());
    return result.error?.issues ?? [];
  };

  test.each([
    ["/v1/allocations?component=shop", "/v1/allocations"],
    ["/v1/parameters/shop/checkout?ctx.genre=rock", "/v1/parameters/{component}/{operation}"],
    ["/v1/operations", "/v1/operations"],
    ["/v1/operations/shop/checkout", "/v1/operations/{component}/{operation}"],
    ["/v1/operations/shop/browse", "/v1/operations/{component}/{operation}"],
    ["/v1/performance/shop", "/v1/performance/{component}"],
    ["/v1/performance/shop/browse", "/v1/performance/{component}/{operation}"],
    ["/v1/adaptations?limit=1", "/v1/adaptations"],
    ["/v1/adaptations/a-1", "/v1/adaptations/{id}"],
    ["/v1/loops/shop/checkout", "/v1/loops/{component}/{operation}"],
    ["/v1/decisions?component=shop&operation=checkout", "/v1/decisions"],
    ["/v1/recorded-cycles?component=shop&operation=checkout", "/v1/recorded-cycles"],
    ["/v1/audit", "/v1/audit"],
    ["/livez", "/livez"],
    ["/readyz", "/readyz"],
    ["/v1/adaptations/none", "/v1/adaptations/{id}"],
    ["/v1/adaptations?limit=none", "/v1/adaptations"],
    ["/v1/performance/none", "/v1/performance/{component}"],
  ])("GET %s", async (path, template) => {
    expect(await misfits(path, template)).toEqual([]);
  });

  test("POST /v1/learning-cycles", async () => {
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const path = "/v1/learning-cycles";
    expect(await misfits(path, path, { ...init, body: '{"dry":true}' })).toEqual([]);
    expect(await misfits(path, path, { ...init, body: "{" })).toEqual([]);
  });

  test("and a document that says something else is noticed", () => {
    const schema = document.components.schemas["Liveness"] as Parameters<typeof z.fromJSONSchema>[0];
    expect(z.fromJSONSchema(schema).safeParse({ status: "dead" }).success).toBe(false);
    expect(z.fromJSONSchema(schema).safeParse({ status: "alive", more: 1 }).success).toBe(false);
  });
});
