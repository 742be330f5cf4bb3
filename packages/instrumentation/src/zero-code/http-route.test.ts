/** Paths become labels of which there are few. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf } from "./http-operations.ts";
import { normalisedPath, RouteNames } from "./http-route.ts";

describe("a path without a framework's route", () => {
  test.each([
    ["/", "/"],
    ["/users/42", "/users/:id"],
    ["/users/42/orders/0190163d-8694-739b-aea5-966c26f8ad91", "/users/:id/orders/:id"],
    ["/v2/things", "/v2/things"],
    ["/static/app.3f2a.js", "/static/*.js"],
    ["/@scope/package", "/@scope/package"],
    ["/a%20b", "/:id"],
    ["/deadbeef", "/:id"],
    ["//a//b", "/a/b"],
    ["/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/*"],
  ])("%s is %s", (path, route) => {
    expect(normalisedPath(path)).toBe(route);
  });

  test("no number survives, whatever the path", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (ids) => {
        expect(normalisedPath(`/items/${ids.join("/")}`)).toBe(`/items${"/:id".repeat(ids.length)}`);
      }),
    );
  });
});

describe("a route that a mounted router left behind without its mount path", () => {
  const routeOf = (names: RouteNames, url: string, path: string): string =>
    names.of({ url, originalUrl: url, route: { path }, baseUrl: "" } as never, 200, undefined);

  test.each([
    ["/posts/1?full=yes", "/:id", "/posts/:id"],
    ["/profile", "/", "/profile"],
    ["/api/v2/posts/1", "/posts/:id", "/api/v2/posts/:id"],
    ["/posts/1", "/posts/:id", "/posts/:id"],
    ["/", "/", "/"],
    ["/a/b/c", "/a/*", "/a/*"],
    ["/a/b", "/:name?", "/:name?"],
  ])("%s at %s is %s", (url, path, route) => {
    expect(routeOf(new RouteNames(100), url, path)).toBe(route);
  });

  test("is told without it past the bound on paths", () => {
    const names = new RouteNames(1);
    expect(["/a/1", "/b/1", "/a/2"].map((url) => routeOf(names, url, "/:id"))).toEqual(["/a/:id", "/:id", "/a/:id"]);
  });
});

test("the name of an operation is legal whatever the route", () => {
  expect(nameOf("GET", "/users/:id")).toBe("get_users_id");
  expect(nameOf("GET", "/")).toBe("get");
  expect(nameOf("_OTHER", "/a")).toBe("other_a");
  fc.assert(
    fc.property(fc.string(), (route) => {
      expect(nameOf("GET", route)).toMatch(/^[A-Za-z][A-Za-z0-9_.-]{0,127}$/);
    }),
  );
});
