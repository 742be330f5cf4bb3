/** `trimtab dashboard` whole: a real Prometheus, a real controller, the tool as a process, and its page in a real browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../packages/controller/src/cli/run-cli.ts";
import { runCliProcess } from "../../packages/controller/src/cli/running-cli.ts";
import {
  type AppUnderTest,
  adaptationOf,
  allocationOf,
  decisionOf,
  startApp,
} from "../../packages/controller/src/http/app-fixture.ts";
import { variantId } from "../../packages/conventions/src/index.ts";
import { launchBrowser } from "../console/real-browser.ts";
import { startTestPrometheus, type TestPrometheus } from "../prometheus/test-prometheus.ts";
import { seedSeries } from "./seeded-series.ts";

const HOSTILE = `<img src=x onerror=alert(1)>"'&`;
const folder = mkdtempSync(join(tmpdir(), "trimtab-dashboard-"));
const file = join(folder, "report.html");
const now = Date.now();

let prometheus: TestPrometheus;
let app: AppUnderTest;
let browser: Browser;
let written: Awaited<ReturnType<typeof dashboard>>;

const dashboard = (...args: string[]): ReturnType<typeof runCliProcess> =>
  runCliProcess(["dashboard", "--url", app.url, "--out", file, ...args], { cwd: folder });

beforeAll(async () => {
  const side = { variant: variantId({ level: 5 }), parameters: { level: 5 }, calls: 900 };
  const lift = { level: 0.95, windows: 9, since: now - 3_600_000, holdout: side, served: side };
  const reason = { code: "COLLECTING", sentence: `Look: ${HOSTILE}` } as const;
  const decision = decisionOf(1, {
    at: now - 60_000,
    window: { from: now - 120_000, to: now - 90_000 },
    contexts: [
      {
        context: { genre: "rock" },
        kind: "hold",
        reason,
        refused: [],
        lift: { ...lift, estimate: 0.08, lower: 0.05, upper: 0.11 },
      },
      {
        context: { genre: HOSTILE },
        kind: "hold",
        reason,
        refused: [],
        lift: { ...lift, estimate: -0.04, lower: -0.06, upper: -0.02 },
      },
    ],
    allocations: [allocationOf("rock"), allocationOf(HOSTILE)],
    adaptations: [adaptationOf("a-1", now - 7_200_000)],
  });
  [prometheus, app, browser] = await Promise.all([
    startTestPrometheus(),
    startApp({ decisions: [decision] }),
    launchBrowser(),
  ]);
  const variants = (success: number) => [
    {
      variant: variantId({ level: 3 }, "baseline"),
      role: "baseline",
      callsPerSecond: 1,
      successRate: 0.8,
      quality: 0.5,
      level: 3,
    },
    {
      variant: variantId({ level: 5 }),
      role: "incumbent",
      callsPerSecond: 9,
      successRate: success,
      quality: 0.7,
      level: 5,
      fromHour: 4,
    },
  ];
  await seedSeries(prometheus.url, now, {
    rock: { variants: variants(0.95), lift: [0.08, 0.05, 0.11] },
    [HOSTILE]: { variants: variants(0.95), lift: [-0.04, -0.06, -0.02] },
  });
  written = await dashboard("--prometheus", prometheus.url, "--since", "6h");
}, 300_000);

afterAll(async () => {
  await Promise.all([browser?.close(), app?.close(), prometheus?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the page; what it should not do is collected. */
async function open({
  width = 1280,
  colorScheme = "light" as "light" | "dark",
} = {}): Promise<{ page: Page; trouble: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => trouble.push("a dialog")));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href) trouble.push(`a request to ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  return { page, trouble };
}

const panel = (page: Page, section: string, title: string) =>
  page
    .locator("section", { hasText: section })
    .locator("figure")
    .filter({ has: page.getByRole("heading", { name: title, exact: true }) })
    .first();

describe("with a Prometheus", () => {
  test("it is written, with a word on progress and on what has no data", () => {
    expect(written).toMatchObject({ code: 0, out: "" });
    expect(written.err).toContain("reading shop / checkout (2 of 2)");
    expect(written.err).toMatch(/report\.html has 2 operations and \d+ panels, \d+ of them without data\./);
  });

  test("the numbers are those of Prometheus, beside the holdout's", async () => {
    const { page, trouble } = await open();
    const told = async (title: string): Promise<string> =>
      (await panel(page, "shop / checkout", title).locator(".legend").innerText()).replaceAll("\n", " ");
    expect(await told("Success")).toBe("all calls 93.5 % holdout 80 %");
    expect(await told("Calls")).toBe("all calls 20/s");
    expect(await told("p95 duration")).toBe("all calls 195 ms holdout 195 ms");
    expect(await told("Quality")).toBe("all calls 0.68 holdout 0.5");
    expect(await told("Circuit breaker")).toBe("worst context closed");
    expect((await told("Lift")).startsWith(`genre=${HOSTILE} -0.040`)).toBe(true); // harm stands first
    expect(await told("Lift")).toContain("genre=rock +0.080");
    expect(await told("Shares of the variants")).toContain("holdout (base values) 10 %");
    expect(await panel(page, "shop / checkout", "Feedback").innerText()).toContain("no data");
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test("an hour without a scrape is a gap, and not a line through zero", async () => {
    const { page } = await open();
    const strokes = panel(page, "shop / checkout", "Calls").locator("path.stroke");
    expect(await strokes.count()).toBe(2);
    const boxes = (await strokes.evaluateAll((paths) =>
      paths
        .map((path) => (path as unknown as { getBBox(): object }).getBBox())
        .map((box: any) => [box.x, box.x + box.width, box.height]),
    )) as [number, number, number][];
    const [before, after] = boxes.sort(([left], [right]) => left - right);
    const hour = (412 - 56) / 6; // the plot is so wide for six hours
    expect((after?.[0] ?? 0) - (before?.[1] ?? 0)).toBeGreaterThan(hour - 1);
    expect((after?.[0] ?? 0) - (before?.[1] ?? 0)).toBeLessThan(hour + 15);
    expect(Math.max(...boxes.map(([, , height]) => height))).toBeLessThan(3); // nothing falls where windows are not whole
    await page.context().close();
  });

  test("parameters show what was in force when, adaptations why, intervals where it helps and where it harms", async () => {
    const { page } = await open();
    const timeline = panel(page, "shop / checkout", "Parameters in force").locator("svg");
    expect(await timeline.getAttribute("aria-label")).toContain("level in genre=rock 5 now");
    expect(await timeline.locator("rect title").allTextContents()).toEqual(
      expect.arrayContaining(["level in genre=rock: 3", "level in genre=rock: 5"]),
    );
    const row = panel(page, "shop / checkout", "Adaptations").getByRole("row").nth(1);
    expect(await row.innerText()).toMatch(/genre=rock\s+level 3 → 5/);
    const intervals = panel(page, "shop / checkout", "Lift by context").locator("svg");
    expect(await intervals.locator(".good.whisker").count()).toBe(1);
    expect(await intervals.locator(".bad.whisker").count()).toBe(1);
    expect(await panel(page, "shop / checkout", "Lift").locator("path.mark").count()).toBe(1);
    await page.context().close();
  });

  test("what stands in names and reasons stays text", async () => {
    const { page, trouble } = await open();
    expect(await page.locator("img, script, iframe, a[href^='javascript']").count()).toBe(0);
    expect(await panel(page, "shop / checkout", "Variants now").innerText()).toContain(`Look: ${HOSTILE}`);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test("every PromQL that it shows gives what it drew when it is asked again", async () => {
    const { page } = await open();
    const shown = await panel(page, "shop / checkout", "Success").locator("pre").textContent();
    const [query = ""] = (shown ?? "").split("\n\n");
    const response = await fetch(
      `${prometheus.url}/api/v1/query?${new URLSearchParams({ query, time: String(now / 1000 - 30) }).toString()}`,
    );
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    expect(Number(data.result[0]?.value[1])).toBeCloseTo(0.935, 3);
    await page.context().close();
  });

  test.each([
    ["a wide window", 1280, "light"],
    ["a wide window in the dark", 1280, "dark"],
    ["a phone", 360, "light"],
  ] as const)("it fits %s", async (_, width, colorScheme) => {
    const { page } = await open({ width, colorScheme });
    const [wide, ink, paper] = (await page.evaluate(
      "[document.documentElement.scrollWidth, getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]",
    )) as [number, string, string];
    expect(wide).toBeLessThanOrEqual(width);
    const light = (color: string): number => Number(/\d+/.exec(color)?.[0]);
    expect(light(ink) < light(paper)).toBe(colorScheme === "light");
    const unnamed = await page
      .locator("svg:not([aria-label]), figure:not(:has(figcaption h3)), section:not([aria-labelledby])")
      .count();
    expect(unnamed).toBe(0);
    if (process.env["TRIMTAB_SCREENSHOTS"] !== undefined)
      await page.screenshot({
        path: join(process.env["TRIMTAB_SCREENSHOTS"], `dashboard-${width}-${colorScheme}.png`),
        fullPage: true,
      });
    await page.context().close();
  });

  test("--component, --operation and --out - choose what is shown and where", async () => {
    const { code, out, err } = await runCliProcess(
      [
        "dashboard",
        "--url",
        app.url,
        "--prometheus",
        prometheus.url,
        "--component",
        "shop",
        "--operation",
        "browse",
        "--out",
        "-",
      ],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^<!doctype html>[\s\S]*<\/html>$/m);
    expect(out).toContain("shop / browse");
    expect(out).not.toContain(">shop / checkout</h2>");
    expect(err).toContain("The page has 1 operation and");
  });
});

describe("when something is away", () => {
  test("a Prometheus that cannot be reached leaves what the controller knows, says why, and ends with 1", async () => {
    const { code, err } = await dashboard("--prometheus", "http://127.0.0.1:9", "--operation", "checkout");
    expect(code).toBe(1);
    expect(err).toContain("http://127.0.0.1:9 cannot be reached");
    const page = readFileSync(file, "utf8");
    expect(page).toContain("no data: http://127.0.0.1:9 cannot be reached");
    expect(page).toContain("level 3 → 5");
  });

  test("without a controller Prometheus alone tells of an operation that is named", async () => {
    const gone = ["--url", "http://127.0.0.1:9", "--prometheus", prometheus.url];
    const named = await dashboard(...gone, "--component", "shop", "--operation", "checkout", "--since", "6h");
    expect(named.err).toContain("No controller answers at http://127.0.0.1:9");
    expect(named.code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("<b>93.5 %</b>");
    expect(await dashboard(...gone)).toMatchObject({ code: 1 });
  });

  test("without a Prometheus the controller's own memory is drawn, and nothing is made up", async () => {
    const { code } = await dashboard("--since", "24h", "--operation", "browse");
    expect(code).toBe(0);
    const page = readFileSync(file, "utf8");
    expect(page).toContain("From the controller&#39;s own memory");
    expect(page).toContain("no data");
    expect(page).not.toContain("<b>0 %</b>");
  });

  test.each([
    [["--since", "soon"], 2, '--since: "soon" is no duration'],
    [["--since", "1s"], 2, "write 5m to 400d"],
    [["--prometheus", "localhost"], 2, "is no URL"],
    [["--component", "shopp"], 1, 'has no component "shopp"; did you mean "shop"?'],
    [["--operation", "checkot"], 1, 'has no operation "checkot"; did you mean "checkout"?'],
    [["--out", "/nowhere/report.html", "--operation", "browse"], 1, "--out names another file."],
    [["everything"], 2, 'does not take "everything"'],
  ])("%j ends with %i and says why", async (args, code, message) => {
    const said: string[] = [];
    const terminal = {
      print: () => {},
      complain: (text: string) => said.push(text),
      environment: {},
      paint: (_: string, text: string) => text,
    };
    expect(await runCli(["dashboard", "--url", app.url, "--out", file, ...args], terminal)).toBe(code); // in this process: it is quicker
    expect(said.join("\n")).toContain(message);
  });

  test("a configuration that is bad is told, not passed over", async () => {
    writeFileSync(join(folder, "bad.yaml"), "metrics: { source: prometheus }\ncomponents: {}\n");
    const { code, err } = await dashboard("--config", join(folder, "bad.yaml"));
    expect(code).toBe(2);
    expect(err).toContain("bad.yaml has");
  });
});
