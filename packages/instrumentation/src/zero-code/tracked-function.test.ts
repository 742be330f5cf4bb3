/** Functions of modules become operations in real services, without a line in them. */
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../exposition.test.support.ts";
import { pageWith, printed, startService, stopServices } from "./child-service.test.support.ts";

afterEach(stopServices);

const UNTIL_STDIN_ENDS = `process.stdin.resume(); console.log("ready");`;
const configuration = (functions: readonly object[]): string => JSON.stringify({ functions });
const CALLS = "trimtab_operation_calls_total";

describe("functions of modules without a change of code", { timeout: 60_000 }, () => {
  test("ES modules: declared, constant, default, renamed, of a class, in a circle and of a package", async () => {
    const service = await startService({
      files: {
        "app.mjs": `
          import draw, { renderPage, arrow, renamed, Renderer, renderPage as again } from "./src/render.mjs";
          import * as everything from "./src/render.mjs";
          import assert from "node:assert/strict";
          assert.equal(await renderPage({ genre: "rock" }), "rock by none");
          assert.equal(again, renderPage);
          assert.equal(everything.renderPage, renderPage);
          assert.deepEqual([renderPage.name, renderPage.length, renderPage.extra, arrow.name], ["renderPage", 1, 7, "arrow"]);
          assert.equal(renderPage.constructor.name, "AsyncFunction");
          assert.deepEqual(Object.keys(everything), ["Renderer", "arrow", "default", "early", "other", "renamed", "renderPage"]);
          assert.equal(everything.early, "function");
          assert.throws(() => arrow(), RangeError);
          assert.deepEqual([draw(), renamed(2), everything.other], ["drawn", 4, 1]);
          const renderer = new Renderer("ink");
          assert.equal(renderer.render(), "ink");
          assert.ok(renderer instanceof Renderer);
          ${UNTIL_STDIN_ENDS}`,
        "src/render.mjs": `
          import { early } from "./circle.mjs";
          export async function renderPage(options, { by = "none" } = {}) { return options.genre + " by " + by; }
          renderPage.extra = 7;
          export const arrow = () => { throw new RangeError("no"); };
          const twice = (n) => 2 * n;
          export { twice as renamed, early };
          export const other = 1;
          export class Renderer { constructor(ink) { this.ink = ink; } render() { return this.ink; } }
          export default function () { return "drawn"; }`,
        "src/circle.mjs": `
          import { renderPage } from "./render.mjs";
          void renderPage({ genre: "early" });
          export const early = typeof renderPage;`,
        "trimtab.instrumentation.json": configuration([
          { module: "./src/render.mjs", function: "renderPage", operation: "render", context: { genre: "0.genre" } },
          { module: "./src/render.mjs", function: "arrow", operation: "arrow" },
          { module: "./src/render.mjs", function: "default", operation: "draw" },
          { module: "./src/render.mjs", function: "renamed", operation: "twice" },
          { module: "./src/render.mjs", function: "Renderer.prototype.render", operation: "method" },
        ]),
      },
    });
    await printed(service, "ready");
    const samples = await pageWith(service, (page) => sumOf(page, CALLS, { operation: "method" }) === 1);
    expect(sumOf(samples, CALLS, { operation: "render", ctx_genre: "rock", outcome: "success" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "arrow", error_type: "RangeError" })).toBe(1);
    expect(sumOf(samples, CALLS, { operation: "draw", outcome: "success" })).toBe(1);
    expect(sumOf(samples, CALLS, { operation: "twice", outcome: "success" })).toBe(1);
    expect(service.stderr).toBe("");
  });

  test("ES modules start whatever their exports are called, and whatever their comments say of a default", async () => {
    const service = await startService({
      files: {
        "app.mjs": `
          import { apply, mirror, real, replaced } from "./names.mjs";
          import * as words from "./words.mjs";
          import barrel, { draw } from "./barrel.mjs";
          import hidden, { write } from "./hidden.mjs";
          import text, { read } from "./text.mjs";
          import * as renamed from "./renamed.mjs";
          console.log(apply(), mirror(), real(), replaced(), words.paint(), barrel, draw(), hidden, write(), text, read(), renamed.helper);
          console.log(Object.keys(words), Object.keys(renamed));`,
        "names.mjs": ["apply", "mirror", "real", "replaced"]
          .map((name) => `export function ${name}() { return "${name}"; }`)
          .join("\n"),
        "words.mjs": `// the colour that is used as default: export default was never here\nexport const paint = () => "red, as default";`,
        "barrel.mjs": `export { inner, default } from "./inner.mjs"; export const draw = () => "drawn";`,
        "inner.mjs": "export const inner = 1; export default 42;",
        "hidden.mjs":
          "const start = /`/; export const write = () => 'written'; export default start.source.length; const end = /`/;",
        "text.mjs": `const one = 1; export { one as "default" }; export const read = () => "read";`,
        "renamed.mjs": `export { default as helper } from "./inner.mjs"; export const draw = () => "drawn";`,
        "trimtab.instrumentation.json": configuration([
          ...["apply", "mirror", "real", "replaced"].map((name) => ({
            module: "./names.mjs",
            function: name,
            operation: name,
          })),
          { module: "./words.mjs", function: "paint", operation: "paint" },
          { module: "./barrel.mjs", function: "draw", operation: "draw" },
          { module: "./hidden.mjs", function: "write", operation: "write" },
          { module: "./text.mjs", function: "read", operation: "read" },
          { module: "./renamed.mjs", function: "draw", operation: "draw_again" },
        ]),
      },
    });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.stdout).toBe(
      "apply mirror real replaced red, as default 42 drawn 1 written 1 read 42\n[ 'paint' ] [ 'draw', 'helper' ]\n",
    );
    expect(service.stderr).toBe("");
  });

  test("CommonJS: properties, exports that cannot be written, a function as the whole module, and a package", async () => {
    const service = await startService({
      files: {
        "app.cjs": `
          const assert = require("node:assert/strict");
          const { render } = require("./render.cjs");
          const compiled = require("./compiled.cjs");
          const whole = require("./whole.cjs");
          const express = require("express");
          assert.equal(render.call({ ink: "blue" }, { genre: "rock" }), "blue rock");
          assert.equal(compiled.paint(), "painted");
          assert.equal(compiled.untouched, 1);
          assert.equal(whole("x"), "whole x");
          assert.equal(whole.version, 3);
          assert.ok(new whole("x") instanceof whole);
          assert.equal(typeof express(), "function");
          assert.equal(typeof express.Router, "function");
          import("./importing.mjs").then(() => { ${UNTIL_STDIN_ENDS} });`,
        "importing.mjs": `
          import assert from "node:assert/strict";
          import { render } from "./render.cjs";
          import late, { lateOne } from "./late.cjs";
          assert.equal(render.call({ ink: "red" }, {}), "red undefined");
          assert.equal(lateOne(), 1);
          assert.equal(late.lateOne, lateOne);`,
        "render.cjs": `exports.render = function (options) { return this.ink + " " + options.genre; };`,
        "compiled.cjs": `Object.defineProperty(exports, "paint", { enumerable: true, get: () => () => "painted" }); exports.untouched = 1;`,
        "whole.cjs": `module.exports = function whole(x) { return new.target ? undefined : "whole " + x; }; module.exports.version = 3;`,
        "late.cjs": "exports.lateOne = () => 1;",
        "trimtab.instrumentation.json": configuration([
          { module: "./render.cjs", function: "render", operation: "render", context: { genre: "0.genre" } },
          { module: "./compiled.cjs", function: "paint", operation: "paint" },
          { module: "./whole.cjs", function: "default", operation: "whole" },
          { module: "./late.cjs", function: "lateOne", operation: "late" },
          { module: "express", function: "default", operation: "make_app" },
        ]),
      },
    });
    await printed(service, "ready");
    const samples = await pageWith(service, (page) => page.length > 0);
    expect(sumOf(samples, CALLS, { operation: "render", outcome: "success" })).toBe(2);
    expect(sumOf(samples, CALLS, { operation: "render", ctx_genre: "rock" })).toBe(1);
    for (const operation of ["paint", "whole", "late", "make_app"]) {
      expect(sumOf(samples, CALLS, { operation, outcome: "success" })).toBe(1);
    }
    expect(service.stderr).toBe("");
  });

  test("a rule that finds nothing says so once, with what there is", async () => {
    const service = await startService({
      files: {
        "app.mjs": `import { render, Page } from "./render.mjs"; console.log(render(), new Page().title);`,
        "render.mjs": `export const render = () => "rendered"; export class Page { title = "title"; get draw() { return this.title.bold; } }`,
        "trimtab.instrumentation.json": configuration([
          { module: "./render.mjs", function: "rendr", operation: "a" },
          { module: "./render.mjs", function: "Page", operation: "b" },
          { module: "./no-such-file.mjs", function: "render", operation: "c" },
          { module: "never-loaded", function: "render", operation: "d" },
          { module: "./render.mjs", function: "Page.prototype.draw", operation: "e" },
        ]),
      },
    });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.stdout).toBe("rendered title\n");
    expect(service.stderr.trim().split("\n").toSorted()).toEqual([
      `[trimtab] functions[0] ("a") tracks nothing: "rendr" of "./render.mjs" is no function; it exports Page, render`,
      `[trimtab] functions[1] ("b") tracks nothing: "Page" of "./render.mjs" is a class; name a method, such as "Page.prototype.run"`,
      expect.stringMatching(
        /^\[trimtab\] functions\[2\] \("c"\) tracks nothing: there is no file .*no-such-file\.mjs$/,
      ),
      `[trimtab] functions[3] ("d") tracks nothing: module "never-loaded" was not loaded before the process ended`,
      `[trimtab] functions[4] ("e") tracks nothing: "Page.prototype.draw" of "./render.mjs" is a getter, which may answer each object with another function`,
    ]);
  });
});
