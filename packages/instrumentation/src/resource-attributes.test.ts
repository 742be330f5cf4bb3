/** The process on its metrics page, as an SDK would tell it. */
import { expect, test } from "vitest";
import { resourceAttributes, targetInfo } from "./resource-attributes.ts";

const known = { serviceName: "shop", instanceId: "i-1", sdkVersion: "3.1.0" };

test("what the environment says goes before what is only known", () => {
  const environment = {
    OTEL_RESOURCE_ATTRIBUTES: "service.name=listed, deployment.environment=a%2Cb,service.instance.id=mine",
  };
  expect(resourceAttributes(environment, { ...known, serviceName: undefined })).toMatchObject({
    "service.name": "listed",
    "service.instance.id": "mine",
    "deployment.environment": "a,b",
    "telemetry.sdk.version": "3.1.0",
  });
  expect(resourceAttributes({ ...environment, OTEL_SERVICE_NAME: "named" }, known)["service.name"]).toBe("named");
  expect(resourceAttributes({}, known)["service.name"]).toBe("shop");
});

test.each(["a=b=c", "a", "=b", "a=%", `a=${"x".repeat(256)}`])("a list that cannot be read is none: %s", (text) => {
  expect(resourceAttributes({ OTEL_RESOURCE_ATTRIBUTES: `good=1,${text}` }, known)).toEqual(
    resourceAttributes({}, known),
  );
});

test("names that are no labels become some, and those that collide share one", () => {
  const text = targetInfo({ "a.b": "1", a_b: 'two "2"', "1st": "x\ny" });
  expect(text.split("\n").at(-2)).toBe(String.raw`target_info{a_b="1;two \"2\"",_1st="x\ny"} 1`);
});
