/** What a service is told to track without a change of its code. Pure: a document to rules, with a sentence for each problem. */
import { contextKeyProblem, operationNameProblem } from "@trimtab/conventions";
import { type Check, entries, is, list, object, oneOf, text, wholeNumber, yesOrNo } from "./checked-json.ts";

/** HTTP requests that the service answers. */
export interface HttpRules {
  /** Default true. */
  readonly server?: boolean;
  /** Paths that are not tracked; `*` stands for anything. Default: none. */
  readonly ignore?: readonly string[];
  /** Names for routes; the others are named after method and route. */
  readonly operations?: readonly HttpOperationRule[];
  /** Distinct paths of requests for which no framework tells a route; further ones are `__other__`. Default 100. */
  readonly maximumPaths?: number;
  /** The lowest status that counts as a failure. Default 500. */
  readonly failureFrom?: number;
}

/** A name for a route. */
interface HttpOperationRule {
  /** Default: every method. */
  readonly method?: string;
  /** As the framework writes it: `/users/:id`. */
  readonly route: string;
  readonly operation: string;
}

/** Spans that somebody else makes, and that become operations. */
export interface SpanRules {
  /** Server spans with a route, instead of what Node's own channel tells. Default false. */
  readonly http?: boolean;
  readonly database?: boolean;
  readonly messaging?: boolean;
  readonly genAi?: boolean;
  readonly rules?: readonly SpanRule[];
}

/** Spans of one's own. */
export interface SpanRule {
  /** The span's name; `*` stands for anything. Default: every name. */
  readonly name?: string;
  /** Attributes that it must have; `*` stands for anything. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly operation: string;
  /** Context keys, from attributes of the span. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A function of a module. */
export interface FunctionRule {
  /** A path from the working directory, `./src/render.js`, or a package, `lodash`. */
  readonly module: string;
  /** `renderPage`, `default`, `Renderer.prototype.render`. */
  readonly function: string;
  readonly operation: string;
  /** Context keys, from the arguments: `0.genre` is the key `genre` of the first one. */
  readonly context?: Readonly<Record<string, string>>;
  /** The sticky key, from the arguments. */
  readonly key?: string;
}

/** Calls of a known client. */
export interface ClientRule {
  readonly client: ClientName;
  readonly operation: string;
  /** Which calls: fields of the request (`model`, `metadata.feature`) or `url` and `method` of a fetch; `*` stands for anything. */
  readonly match?: Readonly<Record<string, string>>;
  /** Context keys, from fields of the request. */
  readonly context?: Readonly<Record<string, string>>;
  /** Parameters that are applied to the call. Default: none, the call is only tracked. */
  readonly apply?: readonly string[];
  /** Who wins where the caller has set a value too. Default `adapted`. */
  readonly precedence?: "adapted" | "caller";
}

/** Clients whose calls can be given parameters. */
type ClientName = "openai" | "anthropic" | "fetch";

/** The whole document. */
export interface ZeroCodeConfiguration {
  readonly http?: HttpRules;
  readonly spans?: SpanRules;
  readonly functions?: readonly FunctionRule[];
  readonly clients?: readonly ClientRule[];
}

/** What each client takes. */
const CLIENT_PARAMETERS: Readonly<Record<ClientName, readonly string[]>> = {
  openai: [
    "model",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
  ],
  anthropic: ["model", "temperature", "top_p", "top_k", "max_tokens"],
  fetch: ["timeout_milliseconds", "retries"],
};

const operation = text('a name such as "render_page"', operationNameProblem);
const argument = text('a place in the arguments, such as "0.genre"', (path) =>
  /^\d+(\.[^.]+)*$/.test(path) ? undefined : `"${path}" is no place in the arguments; write such as "0" or "1.user.id"`,
);
const field = text('a field of the request, such as "metadata.genre"');
const pattern = text('a text, in which "*" stands for anything');
const contextOf = (from: Check<string>): Check<Readonly<Record<string, string>>> => entries(from, contextKeyProblem);

const http = object<HttpRules>({
  server: yesOrNo,
  ignore: list(text('a path, such as "/healthz" or "/static/*"')),
  operations: list(
    object<HttpOperationRule>(
      { method: text('a method, such as "GET"'), route: text('a route, such as "/users/:id"'), operation },
      ["route", "operation"],
    ),
  ),
  maximumPaths: wholeNumber(0, 1000),
  failureFrom: wholeNumber(400, 600),
});

const attribute = is(
  (value): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value),
  "a text, a number, true or false",
);

const spans = object<SpanRules>({
  http: yesOrNo,
  database: yesOrNo,
  messaging: yesOrNo,
  genAi: yesOrNo,
  rules: list(
    object<SpanRule>(
      {
        name: pattern,
        attributes: entries(attribute),
        operation,
        context: contextOf(text('an attribute of the span, such as "app.size"')),
      },
      ["operation"],
    ),
  ),
});

const functions = list(
  object<FunctionRule>(
    {
      module: text('a path such as "./src/render.js", or a package'),
      function: text('the name of an export, such as "renderPage" or "Renderer.prototype.render"'),
      operation,
      context: contextOf(argument),
      key: argument,
    },
    ["module", "function", "operation"],
  ),
);

const client = object<ClientRule>(
  {
    client: oneOf("openai", "anthropic", "fetch"),
    operation,
    match: entries(pattern),
    context: contextOf(field),
    apply: list(text("the name of a parameter")),
    precedence: oneOf("adapted", "caller"),
  },
  ["client", "operation"],
);

/** As `client`, with the parameters that this client takes. */
const clientWithParameters: Check<ClientRule> = (value, path, problems) => {
  const rule = client(value, path, problems);
  if (rule === undefined) return undefined;
  const known = CLIENT_PARAMETERS[rule.client];
  for (const name of rule.apply ?? []) {
    if (known.includes(name)) continue;
    problems.push(`${path}.apply: "${name}" cannot be applied to ${rule.client}; there is ${known.join(", ")}`);
  }
  if (rule.client === "fetch" && rule.match?.["url"] === undefined) {
    problems.push(`${path}.match.url is missing; write such as "https://api.example.com/*", or "*" for every address`);
    return undefined;
  }
  return { ...rule, apply: (rule.apply ?? []).filter((name) => known.includes(name)) };
};

const document = object<ZeroCodeConfiguration>({ http, spans, functions, clients: list(clientWithParameters) });

/** What can be used of a document, and one sentence for each thing that cannot. */
export function checkConfiguration(value: unknown): {
  readonly configuration: ZeroCodeConfiguration;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const configuration = document(value, "", problems) ?? {};
  return { configuration, problems };
}
