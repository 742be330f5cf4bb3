import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { optionsFromEnvironment } from "./register-options.ts";

describe("environment variables", () => {
  test("an empty environment is the defaults, without a warning", () => {
    expect(optionsFromEnvironment({})).toEqual({
      options: {},
      startsSdk: true,
      metricsPage: { host: "localhost", port: 9464 },
      warnings: [],
    });
  });

  test("every variable becomes its option", () => {
    const { options, startsSdk, metricsPage, warnings } = optionsFromEnvironment({
      TRIMTAB_CONTROLLER_URL: "http://127.0.0.1:4600",
      TRIMTAB_TOKEN: "secret",
      TRIMTAB_COMPONENT: "llm_orchestrator",
      TRIMTAB_POLL_INTERVAL: "2s",
      TRIMTAB_REQUEST_TIMEOUT: "500ms",
      TRIMTAB_CACHE_DIRECTORY: "/var/cache/trimtab",
      TRIMTAB_COLLECTION_LEVEL: "Minimal",
      TRIMTAB_SPANS: "on",
      TRIMTAB_SPANS_RATIO: "0.01",
      TRIMTAB_RECORDS_RATIO: "0.05",
      TRIMTAB_REGISTER_OPERATIONS: "on",
      TRIMTAB_DURATION_BOUNDARIES: "0.1, 0.5,2",
      TRIMTAB_MAXIMUM_CONTEXTS: "50",
      TRIMTAB_DISABLED: "true",
      TRIMTAB_SDK: "off",
      OTEL_EXPORTER_PROMETHEUS_HOST: "0.0.0.0",
      OTEL_EXPORTER_PROMETHEUS_PORT: "9999",
    });
    expect(options).toEqual({
      controllerUrl: "http://127.0.0.1:4600",
      token: "secret",
      component: "llm_orchestrator",
      pollIntervalMilliseconds: 2000,
      requestTimeoutMilliseconds: 500,
      cacheDirectory: "/var/cache/trimtab",
      collectionLevel: "minimal",
      spans: true,
      spansRatio: 0.01,
      recordsRatio: 0.05,
      registerOperations: true,
      durationBoundariesSeconds: [0.1, 0.5, 2],
      maximumContexts: 50,
      disabled: true,
    });
    expect(startsSdk).toBe(false);
    expect(metricsPage).toEqual({ host: "0.0.0.0", port: 9999 });
    expect(warnings).toEqual([]);
  });

  test("the component is the service's name where it has no name of ours", () => {
    expect(optionsFromEnvironment({ OTEL_SERVICE_NAME: "shop" }).options.component).toBe("shop");
    expect(optionsFromEnvironment({ OTEL_SERVICE_NAME: "shop", TRIMTAB_COMPONENT: "cart" }).options.component).toBe(
      "cart",
    );
    const fromResource = { OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test,service.name=my%2Dshop" };
    expect(optionsFromEnvironment(fromResource).options.component).toBe("my-shop");
  });

  test("a service name that is no component name is made one, and told", () => {
    const { options, warnings } = optionsFromEnvironment({ OTEL_SERVICE_NAME: "My Shop" });
    expect(options.component).toBe("My_Shop");
    expect(warnings[0]).toContain('"My_Shop" is used instead');
  });

  test.each([
    ["TRIMTAB_CONTROLLER_URL", "127.0.0.1:4600", "http://127.0.0.1:4600"],
    ["TRIMTAB_POLL_INTERVAL", "10", '"30s"'],
    ["TRIMTAB_POLL_INTERVAL", "1ms", "at least 100ms"],
    ["TRIMTAB_COLLECTION_LEVEL", "full", "minimal, standard, comprehensive"],
    ["TRIMTAB_SPANS", "maybe", "on or off"],
    ["TRIMTAB_SPANS_RATIO", "1.5", "a number from 0 to 1"],
    ["TRIMTAB_DURATION_BOUNDARIES", "1,0.5", "ascending"],
    ["TRIMTAB_DURATION_BOUNDARIES", "1,,2", "ascending"],
    ["TRIMTAB_MAXIMUM_CONTEXTS", "-1", "whole number"],
    ["OTEL_EXPORTER_PROMETHEUS_PORT", "70000", "65535"],
  ])("%s=%s is ignored with one warning that says what to write", (name, text, remedy) => {
    const { options, metricsPage, warnings } = optionsFromEnvironment({ [name]: text });
    expect(options).toEqual({});
    expect(metricsPage.port).toBe(9464);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${name}="${text}"`);
    expect(warnings[0]).toContain(remedy);
  });

  test("a token that cannot be sent is not shown in the warning", () => {
    const { options, warnings } = optionsFromEnvironment({ TRIMTAB_TOKEN: "päss word" });
    expect(options).toEqual({});
    expect(warnings).toEqual(["TRIMTAB_TOKEN is ignored; write printable ASCII"]);
  });

  test("no text in any variable throws", () => {
    const names = ["CONTROLLER_URL", "TOKEN", "COMPONENT", "POLL_INTERVAL", "SPANS", "DURATION_BOUNDARIES", "SDK"];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: "binary" }), fc.string(), (name, text, attributes) => {
        const { warnings } = optionsFromEnvironment({
          [`TRIMTAB_${name}`]: text,
          OTEL_RESOURCE_ATTRIBUTES: attributes,
        });
        expect(warnings.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
