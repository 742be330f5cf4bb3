/** The official JavaScript clients of the remote evaluation protocol, as they are, through real HTTP. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { handleEvaluationError, OFREPApi, toResolutionDetails } from "ofrep-core-2"; // the server provider needs the one before
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, allocationOf, decisionOf, startApp } from "./app-fixture.ts";

const TOKEN = "evaluate-token";
const tokens = [{ name: "service", roles: ["evaluate" as const], token: TOKEN }];
const headers: [string, string][] = [["Authorization", `Bearer ${TOKEN}`]];
const rock = { targetingKey: "ada", genre: "rock" };

let app: AppUnderTest;
let child: ChildProcess | undefined;
beforeEach(async () => {
  app = await startApp({ tokens });
  app.decide(served(5), 1);
});
afterEach(async () => {
  await OpenFeature.clearProviders();
  child?.kill();
  child = undefined;
  await app.close();
});

/** Rock has one variant: its learnt level. */
const served = (level: number) => {
  const [baseline, incumbent] = allocationOf("rock").variants;
  if (baseline === undefined || incumbent === undefined) throw new Error("the fixture has no variants");
  const variants = [{ ...incumbent, id: `v-level${level}`, weight: 1, parameters: { level } }];
  return decisionOf(1, { at: Date.now(), allocations: [{ ...allocationOf("rock"), variants }] });
};

describe("the server provider", () => {
  const start = async (given = headers) => {
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: app.url, headers: given }));
    return OpenFeature.getClient();
  };

  test("gets values of every kind with reason, variant and flat metadata", async () => {
    const client = await start();
    expect(await client.getObjectValue("shop.checkout", {}, rock)).toEqual({ level: 5 });
    const details = await client.getNumberDetails("shop.checkout.level", -1, rock);
    expect(details).toMatchObject({ value: 5, reason: "TARGETING_MATCH", variant: "v-level5" });
    expect(details.errorCode).toBeUndefined();
    expect(details.flagMetadata).toMatchObject({ component: "shop", operation: "checkout", role: "incumbent" });
    expect(await client.getNumberValue("shop.checkout.level", -1, { targetingKey: "ada" })).toBe(3);
    expect(await client.getNumberValue("shop.checkout.level", -1)).toBe(3); // no targeting key
  });

  test("sees the protocol's errors as what they are", async () => {
    const client = await start();
    expect(await client.getNumberDetails("shop.gone", -1, rock)).toMatchObject({
      value: -1,
      errorCode: "FLAG_NOT_FOUND",
    });
    expect(await client.getStringDetails("shop.checkout.level", "x", rock)).toMatchObject({
      errorCode: "TYPE_MISMATCH",
    });
    const context = { targetingKey: "ada", genre: ["rock"] };
    expect(await client.getNumberDetails("shop.checkout.level", -1, context)).toMatchObject({
      errorCode: "INVALID_CONTEXT",
    });
  });

  test("says that its token does not suffice", async () => {
    const client = await start([]);
    expect(await client.getNumberDetails("shop.checkout.level", -1, rock)).toMatchObject({
      value: -1,
      reason: "ERROR",
    });
  });
});

test("the core client gets one flag and all, and no body for what it has", async () => {
  const api = new OFREPApi({ baseUrl: app.url, headers });
  const one = await api.postEvaluateFlag("shop.checkout.level", { context: rock });
  if (one.httpStatus !== 200) throw new Error("not evaluated");
  expect(toResolutionDetails(one.value, -1)).toMatchObject({ value: 5, reason: "TARGETING_MATCH" });
  const gone = await api.postEvaluateFlag("shop/gone%", { context: rock });
  if (gone.httpStatus === 200) throw new Error("evaluated");
  expect(gone.httpStatus).toBe(404);
  expect(handleEvaluationError(gone.value as never, -1)).toMatchObject({ value: -1, errorCode: "FLAG_NOT_FOUND" });

  const all = await api.postBulkEvaluateFlags({ context: rock });
  const etag = all.httpResponse?.headers.get("etag") ?? null;
  expect(all.httpStatus).toBe(200);
  const again = await api.postBulkEvaluateFlags({ context: rock }, etag, {
    flagConfigEtag: "x",
    flagConfigLastModified: 1,
  });
  expect([again.httpStatus, again.value]).toEqual([304, undefined]);
});

describe("the web provider", () => {
  interface Line {
    readonly kind: string;
    readonly [field: string]: unknown;
  }

  const start = (token: string) => {
    const script = new URL("./openfeature-web-client.test.support.ts", import.meta.url).pathname;
    const started = spawn(process.execPath, ["--experimental-eventsource", "--no-warnings", script, app.url, token]);
    child = started;
    const lines: Line[] = [];
    let errors = "";
    let wake = (): void => {};
    started.stderr.on("data", (text: Buffer) => (errors += String(text)));
    createInterface({ input: started.stdout }).on("line", (line) => {
      lines.push(JSON.parse(line) as Line);
      wake();
    });
    let taken = 0;
    const next = async (kind: string): Promise<Line> => {
      const deadline = Date.now() + 30_000;
      while (Date.now() < deadline) {
        while (taken < lines.length) {
          const line = lines[taken++];
          if (line?.kind === kind) return line;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 1000);
        });
      }
      throw new Error(`no line ${kind} among ${JSON.stringify(lines)}; ${errors}`);
    };
    return { next, say: (text: string) => started.stdin.write(`${text}\n`) };
  };

  test("evaluates once, hears of a change by its stream, and fetches with what the notice said", async () => {
    const client = start(TOKEN);
    expect(await client.next("ready")).toMatchObject({ value: 5, whole: { level: 5 }, reason: "TARGETING_MATCH" });
    expect(await client.next("unknown")).toMatchObject({ code: "FLAG_NOT_FOUND" });
    app.decide(served(7), 2);
    const fetched = await client.next("fetched");
    expect(fetched["status"]).toBe(200);
    expect(fetched["query"]).toMatch(/^\?flagConfigEtag=[\w-]+&flagConfigLastModified=\d+$/);
    expect(await client.next("changed")).toMatchObject({ value: 7, variant: "v-level7" });
    // Another context is another cell; the stream is the same one.
    client.say("jazz");
    expect(await client.next("jazz")).toMatchObject({ value: 3, reason: "STATIC" });
    app.decide(served(9), 3);
    expect(await client.next("fetched")).toMatchObject({ status: 200 });
  });

  test("comes back by itself when its stream is cut, with another address where the old one is not valid any more", async () => {
    const client = start(TOKEN);
    await client.next("ready");
    await app.reload({ tokens: [...tokens, { name: "other", roles: ["read"], token: "another-token" }] });
    await client.next("fetched"); // the stream has ended, its address is refused, and so everything is evaluated anew
    await untilStreams("1");
    app.decide(served(8), 3);
    expect(await client.next("changed")).toMatchObject({ value: 8 });
  });

  const untilStreams = async (count: string) => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const page = await app.fetch("/metrics", { headers: { authorization: "Bearer another-token" } });
      if ((await page.text()).includes(`trimtab_streams{kind="flags"} ${count}\n`)) return;
      if (Date.now() > deadline) throw new Error(`there are never ${count} streams`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
});
