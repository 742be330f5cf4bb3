import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, decisionOf, startApp } from "./app-fixture.ts";

interface Page {
  readonly decisions: readonly {
    readonly contexts: readonly { readonly context: object }[];
    readonly queries: object[];
  }[];
  readonly nextCursor?: string;
}

const PATH = "/v1/decisions?component=shop&operation=checkout";

let app: AppUnderTest;
beforeAll(async () => {
  const reason = { code: "COLLECTING", sentence: "The window is not full yet." } as const;
  const contexts = ["rock", "jazz"].map(
    (genre) => ({ context: { genre }, kind: "hold", reason, refused: [] }) as const,
  );
  app = await startApp({ decisions: [decisionOf(1, { contexts }), decisionOf(2, { contexts })] });
});
afterAll(() => app.close());

describe("GET /v1/decisions", () => {
  test("tells every context, with the PromQL", async () => {
    const { decisions } = await app.json<Page>(PATH);
    expect(decisions.map(({ contexts }) => contexts.length)).toEqual([2, 2]);
    expect(decisions[0]?.queries).toEqual([{ question: "calls", promql: "vector(1)" }]);
  });

  test("leaves the PromQL and other contexts out where it is asked to, on every page", async () => {
    const page = await app.json<Page>(`${PATH}&queries=false&ctx.genre=jazz&limit=1`);
    expect(page.decisions[0]?.contexts.map(({ context }) => context)).toEqual([{ genre: "jazz" }]);
    expect(page.decisions[0]?.queries).toEqual([]);
    const { headers } = await app.fetch(`${PATH}&queries=false&ctx.genre=jazz&limit=1`);
    const next = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1] ?? "";
    const rest = await app.json<Page>(next);
    expect(rest.decisions.map(({ contexts, queries }) => [contexts.length, queries.length])).toEqual([[1, 0]]);
    expect((await app.json<Page>(`${PATH}&ctx.genre=polka`)).decisions.map(({ contexts }) => contexts)).toEqual([
      [],
      [],
    ]);
  });

  test("refuses another word for queries", async () => {
    expect(await app.json(`${PATH}&queries=no`, 400)).toMatchObject({ problems: [{ path: "queries" }] });
  });
});
