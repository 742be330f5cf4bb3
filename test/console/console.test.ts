/** The console in a real browser, on a real controller: what a person sees and does. */
import { processFeedback } from "@trimtab/engine";
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, cell, decisionOf, startApp } from "../../packages/controller/src/http/app-fixture.ts";
import { suggestChange } from "../../packages/controller/src/http/suggested-change-fixture.ts";
import { launchBrowser, openConsole } from "./real-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 300_000);
afterAll(() => browser?.close());

let app: AppUnderTest | undefined;
let watched: { readonly page: Page; readonly trouble: readonly string[] } | undefined;
afterEach(async () => {
  const trouble = watched?.trouble ?? [];
  await watched?.page.context().close();
  await app?.close();
  watched = undefined;
  app = undefined;
  if (trouble.length > 0) throw new Error(`the page did what it should not:\n${trouble.join("\n")}`);
});

async function open(options: Parameters<typeof openConsole>[2] = {}): Promise<Page> {
  if (app === undefined) throw new Error("start an app first");
  watched = await openConsole(browser, app.url, options);
  return watched.page;
}

/** What these tests look at in an element; the DOM's own types are not for programs of Node. */
interface Field {
  readonly validity: { readonly valueMissing: boolean };
  noValidate: boolean;
}

/** What somebody else does meanwhile. */
async function post(path: string, body: unknown = { by: "bob", why: "first" }): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await app?.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  expect([path, response?.status]).toEqual([path, 200]);
}

const OPERATION = "#/operations/shop/checkout";
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

/** Fills in who and why in the dialog and sends it. */
async function act(page: Page, button: string, why = "a test"): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Why").fill(why);
  await dialog.getByLabel("Your name").fill("ann");
  await dialog.getByRole("button", { name: button, exact: true }).click();
}

describe("a change that waits for a person", () => {
  beforeEach(async () => {
    app = await startApp();
    app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10)] });
    await suggestChange(app);
  });

  test("is seen in the list, approved with a reason, served, and stands in the audit", async () => {
    const page = await open();
    await row(page, "checkout").getByRole("link", { name: "1 change awaiting approval" }).click();
    await page.getByRole("button", { name: "Approve …" }).click();
    const dialog = page.getByRole("dialog", { name: "Approve this change" });
    await expect.poll(() => dialog.textContent()).toContain("level 3 → 5");
    await act(page, "Approve", "measured for two weeks");
    await expect.poll(() => page.getByRole("dialog").textContent()).toContain("PERSON_APPROVED");
    await page.getByRole("button", { name: "Close" }).click();
    await row(page, "genre=rock").getByText("level 5", { exact: true }).first().waitFor();
    expect(await page.getByRole("heading", { name: "Awaiting approval" }).count()).toBe(0);
    await page.getByRole("navigation").getByRole("link", { name: "Audit" }).click();
    await page.getByRole("heading", { name: "Audit" }).waitFor();
    const entry = await row(page, "measured for two weeks").textContent();
    expect(entry).toContain("ann");
    expect(entry).toContain("approve");
    expect(entry).toContain("done");
    const served = await app?.json("/v1/parameters/shop/checkout?ctx.genre=rock&key=u1");
    expect(served).toMatchObject({ parameters: { level: 5 } });
  });

  test("is explained, rejected, and not offered again", async () => {
    const page = await open({ hash: "#/awaiting" });
    await page.getByRole("link", { name: "level 3 → 5" }).click();
    await page.getByRole("heading", { name: "What it rests on" }).waitFor();
    const text = (await page.getByRole("main").textContent()) ?? "";
    for (const part of ["e-value 41.2; 20 is needed", "+0.050 (+0.010 to +0.090)", "suggested", "PROVEN_BETTER"])
      expect(text).toContain(part);
    await page.getByRole("button", { name: "Reject …" }).click();
    await act(page, "Reject");
    await expect.poll(() => page.getByRole("dialog").textContent()).toContain("PERSON_REJECTED");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("rejected", { exact: true }).first().waitFor();
    expect(await page.getByRole("button", { name: "Approve …" }).count()).toBe(0);
  });

  test("that somebody else decided meanwhile is refused, and the dialog says so and keeps what was written", async () => {
    const page = await open({ hash: "#/adaptations/a-1" });
    await page.getByRole("button", { name: "Approve …" }).click();
    await post("/v1/adaptations/a-1/reject");
    await act(page, "Approve", "it looked good");
    const alert = page.getByRole("dialog").getByRole("alert");
    await expect.poll(() => alert.textContent()).toContain("CHANGE_NOT_OPEN");
    expect(await alert.textContent()).toContain("GET /v1/audit");
    expect(await page.getByRole("dialog").getByLabel("Why").inputValue()).toBe("it looked good");
  });
});

describe("an operation", () => {
  beforeEach(async () => {
    app = await startApp();
    app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10)] });
    await suggestChange(app);
    await post("/v1/adaptations/a-1/approve");
  });

  test("is frozen and unfrozen; every page that shows it says so", async () => {
    const page = await open({ hash: OPERATION });
    await page.getByRole("button", { name: "Freeze …" }).click();
    await act(page, "Freeze", "sale on Friday");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("“sale on Friday”").waitFor();
    // the focus is where it was before the dialog, for whoever uses the keyboard
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Unfreeze …");
    await page.getByRole("navigation").getByRole("link", { name: "Operations" }).click();
    await row(page, "checkout").getByText("frozen", { exact: true }).waitFor();
    await row(page, "checkout").getByRole("link").first().click();
    await page.getByRole("button", { name: "Unfreeze …" }).click();
    await act(page, "Unfreeze");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Freeze …", exact: true }).waitFor();
  });

  test("that is frozen already refuses a second freeze, which changes nothing", async () => {
    const page = await open({ hash: OPERATION });
    await page.getByRole("button", { name: "Freeze …" }).click();
    await post("/v1/operations/shop/checkout/freeze");
    await act(page, "Freeze");
    await expect.poll(() => page.getByRole("dialog").getByRole("alert").textContent()).toContain("ALREADY_FROZEN");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    await page.getByText("by bob").waitFor();
  });

  test("is overridden until a moment, and the override is released", async () => {
    const page = await open({ hash: OPERATION });
    await page.getByRole("button", { name: "Override genre=rock …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Override", exact: true }).click();
    expect(await dialog.getByLabel("Why").evaluate((field) => (field as unknown as Field).validity.valueMissing)).toBe(
      true,
    );
    await dialog.getByLabel("Why").fill("campaign");
    await dialog.getByRole("button", { name: "Override", exact: true }).click();
    await dialog.getByText("Set at least one parameter").waitFor();
    await dialog.getByRole("spinbutton", { name: "level" }).fill("7");
    await dialog.getByLabel("Until").selectOption({ label: "in 4 hours" });
    await expect
      .poll(() => dialog.textContent())
      .toContain("level 7: served in genre=rock and in every context below it, until");
    await act(page, "Override", "campaign");
    await expect.poll(() => dialog.textContent()).toContain("PERSON_OVERRODE");
    await page.getByRole("button", { name: "Close" }).click();
    await row(page, "genre=rock").getByText("overridden", { exact: true }).waitFor();
    const { acts = [] } = (await app?.json<{ acts: { until: string; at: string }[] }>("/v1/audit")) ?? {};
    const lasts = Date.parse(acts[0]?.until ?? "") - Date.parse(acts[0]?.at ?? "");
    expect(Math.abs(lasts - 4 * 3_600_000)).toBeLessThan(600_000);
    await page.getByRole("button", { name: "Release the override of genre=rock …" }).click();
    await act(page, "Release", "campaign is over");
    await expect.poll(() => dialog.textContent()).toContain("PERSON_RELEASED");
    await page.getByRole("button", { name: "Close" }).click();
    await expect.poll(() => page.getByText("overridden", { exact: true }).count()).toBe(0);
  });

  test("that somebody else changes is shown at once, by the stream and not by the next poll", async () => {
    const asking = new Set<unknown>();
    let isStreaming = false;
    const prepare = async (page: Page): Promise<void> => {
      await page.clock.install();
      const isStream = (request: Request): boolean => request.headers()["accept"] === "text/event-stream";
      page.on("request", (request) => isStream(request) || asking.add(request));
      page.on("requestfinished", (request) => asking.delete(request));
      page.on("response", (response) => {
        isStreaming ||= isStream(response.request()) && response.ok();
      });
    };
    const page = await open({ hash: OPERATION, prepare });
    await row(page, "genre=rock").waitFor();
    await expect.poll(() => isStreaming).toBe(true);
    // everything is asked for once more; then the clock stands still before any interval ends, so nothing is asked for by itself
    await page.clock.pauseAt(Date.now() + 10_000);
    await expect.poll(() => asking.size).toBe(0);
    await page.clock.runFor(1_200);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ by: "bob", why: "meanwhile", values: { level: 9 } });
    const put = await app?.fetch("/v1/overrides/shop/checkout?ctx.genre=rock", { method: "PUT", headers, body });
    expect(put?.status).toBe(200);
    await page.getByText("“meanwhile”").waitFor();
  });

  test("whose parameter is outside of its space is refused with the reason", async () => {
    const page = await open({ hash: OPERATION });
    await page.getByRole("button", { name: "Override genre=rock …" }).click();
    // the browser's own check is switched off: the controller's word counts
    await page
      .getByRole("dialog")
      .locator("form")
      .evaluate((form) => {
        (form as unknown as Field).noValidate = true;
      });
    await page.getByRole("dialog").getByRole("spinbutton", { name: "level" }).fill("99");
    await act(page, "Override");
    await expect.poll(() => page.getByRole("dialog").getByRole("alert").textContent()).toContain("OUTSIDE_SPACE");
  });

  test("is rolled back from the page that explains the change", async () => {
    const page = await open({ hash: "#/adaptations/a-1" });
    await page.getByRole("button", { name: "Roll back …" }).click();
    await expect.poll(() => page.getByRole("dialog").textContent()).toContain("level 5 → 3");
    await act(page, "Roll back");
    await page
      .getByRole("dialog")
      .getByText(/PERSON_ROLLED_BACK/)
      .waitFor();
  });

  test("shows no number where nothing was measured", async () => {
    if (app !== undefined) app.source.answer = () => ({ kind: "no-data", detail: "no series of shop" });
    const page = await open({ hash: OPERATION });
    const performance = page.locator("section", { has: page.getByRole("heading", { name: "Performance" }) });
    await performance.getByText("no data", { exact: true }).waitFor();
    for (const period of ["24h", "7d", "30d", "1h"]) {
      await performance.getByRole("button", { name: period }).click();
      await performance.getByText("no data", { exact: true }).waitFor();
    }
    expect(await performance.textContent()).not.toMatch(/calls\s*0|0 %/);
  });
});

describe("suggestions from feedback", () => {
  test("are accepted and dismissed with a reason", async () => {
    app = await startApp();
    const items = ["artist-7", "artist-8"].flatMap((entity) =>
      Array.from({ length: 6 }, (_, index) => ({
        id: `${entity}-${index}`,
        type: "low_engagement",
        entity,
        target: "artist_builder",
      })),
    );
    await post("/v1/feedback", { items });
    await processFeedback({ store: app.suggestions, rules: DEFAULT_SUGGESTION_RULES, now: Date.now() });
    const page = await open({ hash: "#/suggestions" });
    const card = (entity: string) => page.getByRole("listitem").filter({ hasText: entity });
    await card("artist-7").getByRole("button", { name: "Accept …" }).click();
    await act(page, "Accept", "I hear it too");
    await page.getByRole("heading", { name: "Done: accepted" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await expect.poll(() => card("artist-7").count()).toBe(0);
    await card("artist-8").getByRole("button", { name: "Dismiss …" }).click();
    await act(page, "Dismiss", "one listener");
    await page.getByRole("heading", { name: "Done: dismissed" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("No suggestion is open.").waitFor();
    await page.getByRole("button", { name: "accepted" }).click();
    await expect.poll(() => card("artist-7").textContent()).toContain("I hear it too");
  });
});

describe("with tokens", () => {
  const tokens = [
    { name: "reader", roles: ["read"], token: "token-read" },
    { name: "admin", roles: ["operate"], token: "token-operate" },
  ] as const;
  const give = async (page: Page, token: string): Promise<void> => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Use it" }).click();
  };

  test("one is asked for, kept for the tab alone, and never in an address", async () => {
    app = await startApp({ tokens, decisions: [decisionOf(1)] });
    const page = await open();
    await page.getByRole("heading", { name: "A token is needed" }).waitFor();
    await give(page, "wrong");
    await page.getByText("The token is not known").waitFor();
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    await give(page, "token-read");
    await row(page, "checkout").waitFor();
    expect(addresses.length).toBeGreaterThan(0);
    expect([page.url(), ...addresses].filter((address) => address.includes("token-read"))).toEqual([]);
    expect(await page.evaluate("[JSON.stringify({ ...localStorage }), document.cookie]")).toEqual(["{}", ""]);
    await page.reload();
    await row(page, "checkout").waitFor(); // it is still there
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByRole("heading", { name: "A token is needed" }).waitFor();
    expect(await page.evaluate("Object.values({ ...sessionStorage })")).not.toContain("token-read");
  });

  test("who may only read is told what an act would need", async () => {
    app = await startApp({ tokens, decisions: [decisionOf(1)] });
    const page = await open({ hash: OPERATION });
    await give(page, "token-read");
    await page.getByRole("button", { name: "Freeze …" }).click();
    await act(page, "Freeze");
    const alert = page.getByRole("dialog").getByRole("alert");
    await expect.poll(() => alert.textContent()).toContain("This needs the role operate; the token has read.");
    expect(await app.json("/livez")).toEqual({ status: "alive" });
  });
});

describe("when the controller is gone", () => {
  test("what was seen stays, and says how old it is; it goes on by itself", async () => {
    app = await startApp({ decisions: [decisionOf(1)] });
    const page = await open();
    await row(page, "checkout").waitFor();
    await page.context().setOffline(true);
    await page.getByText("The controller does not answer.").waitFor();
    await page.getByRole("link", { name: "no answer" }).waitFor();
    expect(await row(page, "checkout").count()).toBe(1);
    await page.context().setOffline(false);
    await expect.poll(() => page.getByText("The controller does not answer.").count(), { timeout: 20_000 }).toBe(0);
  });

  test("an act whose answer never came is not said to have failed", async () => {
    app = await startApp({ decisions: [decisionOf(1)] });
    const page = await open({ hash: OPERATION });
    await page.getByRole("button", { name: "Freeze …" }).click();
    await page.context().setOffline(true);
    await act(page, "Freeze");
    const alert = page.getByRole("dialog").getByRole("alert");
    await expect.poll(() => alert.textContent()).toContain("Whether it was done is not known");
    expect(await alert.textContent()).toContain("Look into the audit before you try again.");
    await page.context().setOffline(false);
  });
});
