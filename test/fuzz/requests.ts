/** Requests for one operation of the document: valid ones, nearly valid ones, and what no client should send. */
import fc from "fast-check";
import type { DescribedOperation, Description } from "./description.ts";
import type { SentRequest } from "./exchange.ts";
import { bodyText, nearlyValid, ODD_TEXTS } from "./odd-values.ts";
import { type KnownValues, validValue } from "./valid-values.ts";

const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];

/** Segments of a path as they stand on the wire; some cannot be decoded. */
const ODD_SEGMENTS = [
  "",
  ".",
  "..",
  "%2e%2e",
  "%2F",
  "a%2Fb",
  "%00",
  "a%00b",
  "%",
  "%zz",
  "%ED%A0%80",
  "%F0%9F%98%80",
  "%C3",
  "__proto__",
  "constructor",
  "a;b=c",
  "a+b",
  "%0d%0aX-Header:%20a",
  "x".repeat(3_000),
  "%41".repeat(1_000),
  "%25%30%30",
  ":component",
  "*",
  "shop.checkout.__proto__",
];

const ODD_PARAMETERS = [
  "ctx.genre=rock",
  "ctx.genre=",
  "ctx.=rock",
  "ctx.genre=%00",
  "ctx.genre=rock&ctx.genre=jazz",
  "ctx.__proto__=1",
  "ctx.constructor=1",
  "ctx.GENRE=rock",
  "ctx.genre=__other__",
  `ctx.genre=${"x".repeat(2_000)}`,
  "ctx.genre=%ED%A0%80",
  "ctx.genre=%zz",
  "__proto__=1",
  "constructor=1",
  "hasOwnProperty",
  "unknown=1",
  "=",
  "&&",
  "=x",
  "a[b]=c",
  "limit=0",
  "limit=1001",
  "limit=1e3",
  "limit=1&limit=2",
  "cursor=bm90IGEgY3Vyc29y",
  "cursor=%00",
  "cursor=e30",
  "cursor=W10",
  "cursor=MQ",
  "period=1h",
  "period=99999999999d",
  "since=1d",
  "at=0000-01-01T00:00:00Z",
  "load=1e309",
  "component=shop&component=shop",
  "operation=%00",
  "by=%00",
  "%",
  "#fragment",
  "?",
];

const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ["content-type", "text/plain"],
  ["content-type", "application/json; charset=utf-16"],
  ["content-type", "application/json; charset=latin1"],
  ["content-type", "application/problem+json"],
  ["content-type", "multipart/form-data; boundary=x"],
  ["content-type", "/"],
  ["content-type", ""],
  ["content-encoding", "gzip"],
  ["content-encoding", "br"],
  ["content-encoding", "deflate"],
  ["content-encoding", "identity"],
  ["content-encoding", "rot13"],
  ["accept", "text/event-stream"],
  ["accept", "text/event-stream, application/json;q=0.5"],
  ["accept", "text/event-stream;q=0"],
  ["accept", "image/png"],
  ["accept", ",;q=,"],
  ["accept-encoding", "gzip"],
  ["accept-encoding", "br, gzip;q=0.5"],
  ["accept-encoding", "identity;q=0, *;q=0"],
  ["accept-encoding", "zstd;q=x"],
  ["if-none-match", "*"],
  ["if-none-match", '"a", W/"b", "c"'],
  ["if-none-match", '"'],
  ["if-none-match", `"${"a".repeat(5_000)}"`],
  ["if-match", '"a"'],
  ["if-modified-since", "never"],
  ["range", "bytes=0-10"],
  ["range", "bytes=9-1,-"],
  ["last-event-id", "abc"],
  ["last-event-id", `${"9".repeat(1_000)}`],
  ["x-request-id", "mine-1"],
  ["x-request-id", "<script>"],
  ["x-request-id", "x".repeat(2_000)],
  ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
  ["traceparent", "ff-zz-01"],
  ["baggage", "a=b;c,,=,"],
  ["origin", "https://example.org"],
  ["sec-fetch-site", "cross-site"],
  ["host", "example.org"],
  ["host", "127.0.0.1:99999"],
  ["x-forwarded-for", "::1, 127.0.0.1"],
  ["x-http-method-override", "DELETE"],
  ["trimtab-component", "shop"],
  ["trimtab-component", "shop,,nothing, \u00e9"],
  ["trimtab-component", ","],
  ["authorization", "Bearer nothing"],
  ["authorization", "Basic Og=="],
  ["authorization", "Bearer"],
  ["x-api-key", "nothing"],
  ["cookie", "a=b; __proto__=c"],
  ["expect", "200-ok"],
  ["upgrade", "websocket"],
  ["te", "trailers"],
  ["x-long", "x".repeat(8_000)],
];

/** Bodies that are no JSON, or not whole. */
const NO_JSON = [
  "",
  " ",
  "{",
  "[",
  '{"a":',
  "nul",
  "undefined",
  "{'a':1}",
  '{"a":1}}',
  "\u0000",
  "\ufeff{}",
  "<a/>",
  "a=b&c=d",
  '"\\ud800"',
  "[1,]",
  "0123",
];

/** The requests of one operation. */
export function requestsOf(
  operation: DescribedOperation,
  description: Description,
  known: KnownValues,
): fc.Arbitrary<SentRequest> {
  const headers = fc
    .array(fc.constantFrom(...ODD_HEADERS), { maxLength: 3 })
    .map((pairs) => Object.fromEntries(pairs.filter(([name]) => !UPSETTING.has(name))));
  return fc
    .record({
      path: pathsOf(operation, description, known),
      query: queriesOf(operation, description, known),
      odd: rarely(3, fc.array(fc.constantFrom(...ODD_PARAMETERS), { minLength: 1, maxLength: 2 }), []),
      method: rarely(12, fc.constantFrom(...METHODS), operation.method),
      headers: rarely(3, headers, {}),
      body: bodiesOf(operation, description, known),
      cutShare: rarely(25, fc.double({ min: 0, max: 1, noNaN: true }), 2),
    })
    .map(({ path, query, odd, method, headers: extra, body, cutShare }) => {
      const parameters = [...query, ...odd].filter((each) => each !== "");
      const withoutBody = method === "GET" || method === "HEAD" ? extra["x-long"] === undefined : false;
      const sentBody = withoutBody && operation.body === undefined ? undefined : body;
      return {
        method,
        target: path + (parameters.length === 0 ? "" : `?${parameters.join("&")}`),
        headers: { ...(sentBody === undefined ? {} : { "content-type": "application/json" }), ...extra },
        ...(sentBody === undefined ? {} : { body: sentBody }),
        ...(sentBody !== undefined && cutShare <= 1 ? { cutAfter: Math.floor(sentBody.length * cutShare) } : {}),
      };
    });
}

/** Node answers these itself, before any listener. */
const UPSETTING: ReadonlySet<string> = new Set(["upgrade", "expect"]);

/** A value that is the usual one but for one time in so many. */
function rarely<Value>(oneIn: number, odd: fc.Arbitrary<Value>, usual: Value): fc.Arbitrary<Value> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: oneIn - 1 }, { arbitrary: odd, weight: 1 });
}

function pathsOf(
  { path, parameters }: DescribedOperation,
  description: Description,
  known: KnownValues,
): fc.Arbitrary<string> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const values = names.map((name) => {
    const schema = parameters.find((each) => each.in === "path" && each.name === name)?.schema ?? { type: "string" };
    const usual = validValue(schema, description, known, name).map((value) => encoded(String(value)));
    return fc.oneof({ arbitrary: usual, weight: 9 }, { arbitrary: fc.constantFrom(...ODD_SEGMENTS), weight: 1 });
  });
  const filled = fc.tuple(...values).map((segments) => {
    let next = 0;
    return path.replaceAll(/\{\w+\}/g, () => segments[next++] ?? "");
  });
  return fc.oneof(
    { arbitrary: filled, weight: 20 },
    {
      arbitrary: filled.chain((text) =>
        fc.constantFrom(`${text}/`, `${text}//`, text.toUpperCase(), `/${text}`, `${text}/x`),
      ),
      weight: 1,
    },
    {
      arbitrary: fc.array(fc.constantFrom(...ODD_SEGMENTS), { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
      weight: 1,
    },
  );
}

function queriesOf(
  { parameters }: DescribedOperation,
  description: Description,
  known: KnownValues,
): fc.Arbitrary<readonly string[]> {
  const own = parameters.filter((each) => each.in === "query");
  const each = own.map(({ name, required, schema }) => {
    if (schema.type === "object") {
      const context = fc.constantFrom("ctx.genre=rock", "ctx.genre=jazz", "", "ctx.language=de");
      return fc.oneof({ arbitrary: fc.constant(""), weight: 2 }, { arbitrary: context, weight: 1 });
    }
    const usual = validValue(schema, description, known, name).map((value) => `${name}=${encoded(String(value))}`);
    const odd = fc.constantFrom(...ODD_TEXTS).map((value) => `${name}=${encoded(value.slice(0, 4_000))}`);
    return fc.oneof(
      { arbitrary: usual, weight: required ? 16 : 3 },
      { arbitrary: fc.constant(""), weight: required ? 1 : 8 },
      { arbitrary: odd, weight: 1 },
    );
  });
  return fc.tuple(...each);
}

function bodiesOf(
  { body }: DescribedOperation,
  description: Description,
  known: KnownValues,
): fc.Arbitrary<string | undefined> {
  const noJson = fc.constantFrom(...NO_JSON);
  if (body === undefined) return rarely<string | undefined>(10, fc.oneof(noJson, fc.constant("{}")), undefined);
  const valid = validValue(body, description, known);
  return fc.oneof(
    { arbitrary: valid.map(bodyText), weight: 50 },
    { arbitrary: nearlyValid(valid).map(bodyText), weight: 80 },
    { arbitrary: noJson, weight: 10 },
    {
      arbitrary: fc.tuple(valid, fc.double({ min: 0, max: 1, noNaN: true })).map(([value, share]) => {
        const text = bodyText(value);
        return text.slice(0, Math.floor(text.length * share));
      }),
      weight: 10,
    },
    { arbitrary: fc.constant(undefined), weight: 5 },
    { arbitrary: fc.constant(JSON.stringify({ why: "x".repeat(1_100_000) })), weight: 1 },
  );
}

/** Percent-encoded; half of a surrogate pair has no UTF-8, so the replacement character stands for it. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
