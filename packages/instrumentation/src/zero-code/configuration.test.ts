/** Every problem is told with its path and the right form; the rest holds. */
import { describe, expect, test } from "vitest";
import { parseCommentedJson } from "./commented-json.ts";
import { checkConfiguration } from "./configuration.ts";
import { readConfiguration } from "./read-configuration.ts";

describe("a configuration", () => {
  test("that is right comes out as it is", () => {
    const right = {
      http: { server: true, ignore: ["/healthz"], operations: [{ route: "/users/:id", operation: "user" }] },
      spans: { database: true, rules: [{ name: "render *", operation: "render", context: { size: "app.size" } }] },
      functions: [
        { module: "./a.js", function: "render", operation: "render", context: { genre: "0.genre" }, key: "1" },
      ],
      clients: [{ client: "openai", operation: "chat", match: { model: "gpt-*" }, apply: ["temperature"] }],
    };
    expect(checkConfiguration(right)).toEqual({ configuration: right, problems: [] });
  });

  test("keeps what is right beside what is wrong, and names each problem", () => {
    const { configuration, problems } = checkConfiguration({
      http: { server: "yes", ignored: ["/healthz"], failureFrom: 500 },
      functions: [
        { module: "./a.js", function: "render", operations: "render" },
        { module: "./a.js", function: "draw", operation: "draw it", context: { Genre: "0.genre", size: "size" } },
        { module: "./a.js", function: "paint", operation: "paint" },
      ],
      clients: [{ client: "openai", operation: "chat", apply: ["temperature", "timeout_milliseconds"] }],
      unheard: 1,
    });
    expect(problems).toEqual([
      'http.server is "yes"; write true or false',
      'http.ignored is unknown; did you mean "ignore"?',
      'functions[0].operations is unknown; did you mean "operation"?',
      "functions[0].operation is missing",
      'functions[1].operation: "draw it" is no operation name; write 1 to 128 letters, digits or _ . - and begin with a letter',
      'functions[1].context.Genre: "Genre" is no context key; write 1 to 63 lower-case letters, digits or _ and begin with a letter',
      'functions[1].context.size: "size" is no place in the arguments; write such as "0" or "1.user.id"',
      expect.stringMatching(
        /^clients\[0\]\.apply: "timeout_milliseconds" cannot be applied to openai; there is model, /,
      ),
      "unheard is unknown; there is http, spans, functions, clients",
    ]);
    expect(configuration.functions).toEqual([{ module: "./a.js", function: "paint", operation: "paint" }]);
    expect(configuration.http).toEqual({ failureFrom: 500 });
    expect(configuration.clients?.[0]?.apply).toEqual(["temperature"]);
  });

  test.each([null, 7, "text", [], { http: [] }, { functions: {} }])("that is %j is told and stops nothing", (value) => {
    expect(checkConfiguration(value).problems).toHaveLength(1);
  });

  test("comes from the environment too, which wins", () => {
    const { configuration, warnings } = readConfiguration(
      {
        TRIMTAB_INSTRUMENTATION_CONFIG: '{ "http": { "server": true, "failureFrom": 400 } }',
        TRIMTAB_HTTP_OPERATIONS: "off",
        TRIMTAB_SPAN_OPERATIONS: "database, gen_ai, what",
        TRIMTAB_FUNCTION_OPERATIONS: "./src/render.js#renderPage=render_page,nonsense",
      },
      "/",
    );
    expect(configuration).toEqual({
      http: { server: false, failureFrom: 400 },
      spans: { database: true, genAi: true },
      functions: [{ module: "./src/render.js", function: "renderPage", operation: "render_page" }],
    });
    expect(warnings).toEqual([
      'TRIMTAB_SPAN_OPERATIONS="what" is ignored; write http, database, messaging, gen_ai',
      'TRIMTAB_FUNCTION_OPERATIONS="nonsense" is ignored; write such as "./src/render.js#renderPage=render_page"',
    ]);
  });

  test("that is asked for and not there is told", () => {
    const { warnings } = readConfiguration({ TRIMTAB_INSTRUMENTATION_CONFIG: "./no-such.json" }, "/");
    expect(warnings).toEqual([
      expect.stringMatching(/^\.\/no-such\.json cannot be used, so none of its rules hold: .*ENOENT/),
    ]);
    expect(readConfiguration({}, "/no-such-folder").warnings).toEqual([]);
  });
});

describe("JSON with comments", () => {
  test("has comments and last commas, and texts that only look like them", () => {
    expect(parseCommentedJson('{ /* a */ "url": "http://x/*y*/,]", // b\n "list": [1, 2,], }')).toEqual({
      url: "http://x/*y*/,]",
      list: [1, 2],
    });
  });

  test("tells where it is none", () => {
    expect(() => parseCommentedJson('{\n  // fine\n  "a": nonsense\n}')).toThrow(/line 3, column \d+|nonsense/);
  });
});
