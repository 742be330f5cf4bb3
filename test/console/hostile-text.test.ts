/** Whatever a name, a value, a reason or a comment holds, it is shown as the text that it is: in a real browser, on every page. */
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AppUnderTest,
  adaptationOf,
  cell,
  decisionOf,
  FIRST_CYCLE_AT,
  startApp,
} from "../../packages/controller/src/http/app-fixture.ts";
import { suggestChange } from "../../packages/controller/src/http/suggested-change-fixture.ts";
import { launchBrowser, openConsole } from "./real-browser.ts";

/** Texts that have broken other people's pages, and any others. */
const HOSTILE = [
  `<img src=x onerror="alert(1)">`,
  `<script>alert(1)</script>`,
  `"><svg onload=alert(1)>`,
  `javascript:alert(1)`,
  `</title></textarea></svg><iframe src="javascript:alert(1)">`,
  `'; alert(1); //`,
  `{{constructor.constructor('alert(1)')()}}`,
  `&lt;b&gt;&amp;#x3c;`,
  `\u202Egnp.exe\u2066`,
  `__proto__`,
  `constructor`,
  `a/../../b?c=d#e%00%zz`,
  `${"long".repeat(200)}`,
];
const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).map((text) => `x${text.toWellFormed()}`),
);

/** What programs read, and no person wrote: left as it is, so that every page is reached and drawn whole. */
const STRUCTURE =
  /^(kind|status|role|mode|type|at|from|to|since|until|.*At|code|result|arm|source|metrics|nextCursor|cursor)$/;

/** The document with every text that people or services may choose replaced: values, and names of keys that they choose. */
function poison(value: unknown, next: () => string, key = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => poison(each, next, key));
  if (typeof value === "string") return STRUCTURE.test(key) ? value : next();
  if (typeof value !== "object" || value === null) return value;
  const hasChosenKeys = ["context", "parameters", "values", "meanCost", "cost"].includes(key) && !("type" in value);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      hasChosenKeys ? next() : name,
      poison(each, next, hasChosenKeys ? "" : name),
    ]),
  );
}

const PAGES = [
  "#/",
  "#/operations/shop/checkout",
  "#/decisions/shop/checkout",
  "#/adaptations/a-1",
  "#/awaiting",
  "#/suggestions",
  "#/audit",
  "#/controller",
];

/** What no page has: elements and attributes that run or load something. */
const FORBIDDEN = `
  const bad = [...document.querySelectorAll("script:not([src='console/main.js']), iframe, object, embed, base, form[action]")];
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on") || (["href", "src", "xlink:href"].includes(name) && !/^(#|console\\/|[a-z.]+$)/.test(value))) bad.push(element);
    }
  }
  bad.map((element) => element.outerHTML.slice(0, 200));
`;

let browser: Browser;
let app: AppUnderTest;
beforeAll(async () => {
  browser = await launchBrowser();
  app = await startApp();
  app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10)] });
  await suggestChange(app);
  const headers = { "content-type": "application/json" };
  const send = (path: string, method: string, body: unknown) =>
    app.fetch(path, { method, headers, body: JSON.stringify(body) });
  await send("/v1/overrides/shop/checkout?ctx.genre=jazz", "PUT", { values: { level: 7 }, why: "w", by: "b" });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** Answers the page's requests with the controller's own answers, poisoned. */
async function poisonAnswers(page: Page, texts: readonly string[]): Promise<() => readonly string[]> {
  const used: string[] = [];
  let count = 0;
  const next = (): string => {
    const text = texts[count++ % texts.length] ?? "";
    used.push(text);
    return text;
  };
  await page.route(/\/(v1\/|readyz)/, async (route) => {
    // the poisoned names lead to operations that are not there; the page is to get its answer all the same
    const path = new URL(route.request().url()).pathname;
    const own = path.startsWith("/v1/operations/") ? "/v1/operations/shop/checkout" : path;
    const search = /^\/v1\/(decisions|adaptations$)/.test(path) ? "?component=shop&operation=checkout" : "";
    const response = await app.fetch(`${own}${search}`);
    const body: unknown = await response.json();
    await route.fulfill({
      status: response.status,
      contentType: "application/json",
      body: JSON.stringify(poison(body, next)),
    });
  });
  return () => used;
}

describe("hostile text", () => {
  test("is only text on every page", { timeout: 240_000 }, async () => {
    const samples = fc.sample(fc.array(hostileText, { minLength: 12, maxLength: 30 }), { numRuns: 4 });
    for (const texts of [HOSTILE, ...samples]) {
      let used = (): readonly string[] => [];
      const prepare = async (each: Page): Promise<void> => {
        used = await poisonAnswers(each, texts);
      };
      const { page, trouble } = await openConsole(browser, app.url, { hash: "#/nowhere", prepare });
      for (const hash of PAGES) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        const name = hash.split("/").at(-1) ?? "";
        await expect.poll(() => page.title()).toBe(name === "" ? "Trimtab" : `${name} · Trimtab`);
        await expect.poll(() => page.locator("main [aria-busy]").count()).toBe(0);
        expect(await page.getByRole("heading", { level: 1 }).textContent()).not.toBe("There is nothing here");
        expect([hash, await page.evaluate(FORBIDDEN)]).toEqual([hash, []]);
        expect([hash, ...trouble]).toEqual([hash]);
      }
      expect(used().length).toBeGreaterThan(100);
      await page.context().close();
    }
  });

  test("is shown to the letter", async () => {
    const text = HOSTILE[0] ?? "";
    const prepare = async (each: Page): Promise<void> => {
      await poisonAnswers(each, [text]);
    };
    const { page, trouble } = await openConsole(browser, app.url, { hash: "#/audit", prepare });
    await expect.poll(() => page.getByRole("table").textContent()).toContain(text);
    expect([...trouble]).toEqual([]);
    await page.context().close();
  });

  test("would be refused by the browser itself, were it to become markup", async () => {
    const { page, trouble } = await openConsole(browser, app.url);
    const attempt = `try { document.body.innerHTML = "<b>x</b>"; "done" } catch (error) { error.name }`;
    expect(await page.evaluate(attempt)).toBe("TypeError");
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement("img"), { src: "https://elsewhere.invalid/x.png" }))`,
    );
    await expect.poll(() => trouble.join(" ")).toMatch(/Content Security Policy/);
    await page.context().close();
  });
});

test("text of a person that reaches the page through the real controller is only text", async () => {
  const why = `<img src=x onerror="alert(1)"> & "quotes"`;
  const headers = { "content-type": "application/json" };
  const hostile = await startApp({
    decisions: [decisionOf(1, { adaptations: [adaptationOf("a-1", FIRST_CYCLE_AT)] })],
  });
  hostile.source.answer = () => ({ kind: "value", value: [cell("<b>rock</b>", 3, 90, 10)] });
  await hostile.fetch("/v1/operations/shop/browse/freeze", {
    method: "POST",
    headers,
    body: JSON.stringify({ why, by: "<i>ann</i>" }),
  });
  const { page, trouble } = await openConsole(browser, hostile.url, { hash: "#/audit" });
  await page.getByRole("cell", { name: why }).first().waitFor();
  await page.getByRole("cell", { name: "<i>ann</i>" }).first().waitFor();
  expect(await page.evaluate(FORBIDDEN)).toEqual([]);
  expect([...trouble]).toEqual([]);
  await page.context().close();
  await hostile.close();
});
