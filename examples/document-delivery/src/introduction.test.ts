import { expect, test } from "vitest";
import { introduction } from "./introduction.ts";
import type { ServiceReady } from "./service-ready.ts";

const started = {
  service: { url: "http://127.0.0.1:8080", documents: {} as ServiceReady["documents"] },
  metricsPage: "http://127.0.0.1:9464/metrics",
  controllerUrl: "http://127.0.0.1:4600",
};
const state = { path: "/clone/.trimtab/demo", logs: "/clone/.trimtab/demo/logs" };

test("every address stands there once, and each line fits into eighty columns", () => {
  const lines = introduction(started, state);
  expect(lines).toContain("  controller  http://127.0.0.1:4600/v1/operations/document_delivery/deliver_document");
  expect(lines).toContain("  state       /clone/.trimtab/demo");
  expect(lines.join("\n")).not.toContain("prometheus");
  expect(lines.filter((line) => line.length > 81 && !line.includes("http://"))).toEqual([]);
});

test("the commands to try name the controller where it is not at its usual place", () => {
  expect(introduction(started, state)).toContain("  npm run --silent trimtab -- explain last");
  const elsewhere = { ...started, controllerUrl: "http://127.0.0.1:4700", prometheusUrl: "http://127.0.0.1:9090" };
  expect(introduction(elsewhere, state)).toEqual(
    expect.arrayContaining([
      "  npm run --silent trimtab -- explain last --url http://127.0.0.1:4700",
      "  curl -s 'http://127.0.0.1:4700/v1/adaptations?limit=3'",
      "  prometheus  http://127.0.0.1:9090",
    ]),
  );
});
