/** A real browser for tests of the console, which hears everything that goes wrong in it. */
import { type Browser, chromium, type Page } from "playwright-core";
import { findOrFetchChromium } from "../../scripts/chromium.mjs";

/** A page that is watched. */
export interface WatchedPage {
  readonly page: Page;
  /**
   * What the page should not have done: errors on its console (violations of its content security policy among them), exceptions,
   * requests to another origin, dialogs of the browser. Answers of 4xx to its own requests are expected, and not among them.
   */
  readonly trouble: readonly string[];
}

/** The browser; without one the tests fail and say how to get it. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findOrFetchChromium() });
}

/** Opens the console in a context of its own. */
export async function openConsole(
  browser: Browser,
  url: string,
  options: {
    readonly hash?: string;
    readonly width?: number;
    readonly colorScheme?: "light" | "dark";
    /** What is done to the page before it is loaded. */
    readonly prepare?: (page: Page) => Promise<void>;
  } = {},
): Promise<WatchedPage> {
  const { hash = "#/", width = 1280, colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, timezoneId: "UTC" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const trouble: string[] = [];
  page.on("console", (message) => {
    const isAnswer =
      /^Failed to load resource: .*(status of 4\d\d|net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED))/.test(
        message.text(),
      );
    if (["error", "warning"].includes(message.type()) && !isAnswer) trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) trouble.push(`a request to ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    trouble.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await options.prepare?.(page);
  await page.goto(`${url}/${hash}`);
  return { page, trouble };
}
