import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { OperationRecord, RecordsReceipt, RecordsRequest } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { configure, recordOperation, shutdown, track } from "./index.ts";
import { Instrumentation, instrumentation } from "./instance.ts";
import type { EndedCall } from "./metrics/measured-call.ts";
import type { InstrumentationOptions } from "./options.ts";

const ended = { durationMilliseconds: 20, quality: undefined, costs: undefined, errorType: undefined } as const;

let server: Server;
let controllerUrl: string;
let kept: OperationRecord[];
let now = 0;

beforeEach(async () => {
  kept = [];
  now = 0;
  server = createServer((request, response) => void keep(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  controllerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** As the contract of `POST /v1/records` says. */
async function keep(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  if (request.url !== "/v1/records") return void response.writeHead(404).end();
  const { records } = JSON.parse(body) as RecordsRequest;
  kept.push(...records);
  const receipt: RecordsReceipt = { accepted: records.length, refused: [] };
  response.writeHead(200).end(JSON.stringify(receipt));
}

/** Runs calls, each some milliseconds after the one before. */
async function sample(
  options: InstrumentationOptions,
  calls: number,
  apartMilliseconds: number,
  metadata?: EndedCall["metadata"],
): Promise<void> {
  const shared = new Instrumentation({ component: "shop" }, () => now);
  shared.configure({ controllerUrl, ...options });
  try {
    const operation = shared.operation("checkout");
    operation.declare({ name: "checkout", context: ["genre"], parameters: undefined });
    const { labels } = operation.contexts.find({ genre: "rock" });
    for (let call = 0; call < calls; call++) {
      shared.metrics.record(operation, labels, "v-a", { ...ended, outcome: "success", metadata });
      now += apartMilliseconds;
    }
    await shared.deliveries.flush(10_000);
  } finally {
    shared.disconnect();
  }
}

describe("individual operations", () => {
  test("are sent when a share of them is asked for, with context, variant and outcome", async () => {
    await sample({ recordsRatio: 1 }, 1, 0);
    expect(kept).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        component: "shop",
        operation: "checkout",
        context: { genre: "rock" },
        variant: "v-a",
        outcome: "success",
        at: expect.stringMatching(/^\d{4}-/),
        durationMilliseconds: 20,
      },
    ]);
  });

  test("carry what the options and the attributes of a call say, and nothing where none are sent", async () => {
    const call = async (): Promise<void> => {
      track("checkout", {}, (handle) => handle.attribute("model", "7b"), { metadata: { request: "r-7" } });
      recordOperation("import", { outcome: "success", metadata: { rows: 812 } });
      await instrumentation().deliveries.flush(10_000);
    };
    configure({ component: "shop", controllerUrl });
    await call();
    configure({ recordsRatio: 1 });
    await call();
    configure({ recordsRatio: 0 });
    await shutdown();
    expect(kept.map(({ operation, metadata }) => [operation, metadata])).toEqual([
      ["checkout", { request: "r-7", model: "7b" }],
      ["import", { rows: 812 }],
    ]);
  });

  test("carry the metadata that fits, of everything that was noted of the call", async () => {
    const metadata = new Map<string, unknown>([
      ["request", "r-7"],
      ["attempt", 2],
      ["models", ["small", "large"]],
      ["ratio", Number.NaN],
      ["document", { title: "no text, number or boolean" }],
      ["prompt", "ö".repeat(400)],
      ["answer", "ä".repeat(400)],
      ["cached", false],
    ]);
    await sample({ recordsRatio: 1 }, 1, 0, metadata);
    expect(kept[0]?.metadata).toEqual({
      request: "r-7",
      attempt: 2,
      models: "small, large",
      prompt: "ö".repeat(256),
      cached: false,
    });
  });

  test("are not sent unless somebody asks, and a share that is none asks for nothing", async () => {
    await sample({}, 10, 0);
    await sample({ recordsRatio: 2 }, 10, 0);
    expect(kept).toEqual([]);
  });

  test("are the share that was asked for, and no more than a hundred a second", async () => {
    const chance = vi.spyOn(Math, "random");
    let draws = 0;
    chance.mockImplementation(() => (draws++ % 100) / 100);
    try {
      await sample({ recordsRatio: 0.05 }, 1000, 1000);
    } finally {
      chance.mockRestore();
    }
    expect(kept.length).toBe(50);
    kept = [];
    await sample({ recordsRatio: 1 }, 1000, 2); // two seconds of five hundred each
    expect(kept.length).toBe(200);
  });
});
