/**
 * The files of the web console, ready to send. Nothing is built: where the controller runs from TypeScript source the types of the
 * browser's modules are taken out when they are first asked for; the published package has them compiled.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { gzipSync } from "node:zlib";

/** One file. */
export interface ConsoleFile {
  readonly contentType: string;
  readonly body: Buffer;
  /** The same compressed, a third as large. */
  readonly gzipped: Buffer;
  /** From the content; each of the two forms makes a strong tag of it. */
  readonly digest: string;
}

/** The page, and what it asks for by name, such as `main.js`. */
export interface ConsoleFiles {
  readonly page: ConsoleFile;
  readonly named: ReadonlyMap<string, ConsoleFile>;
}

/** The modules beside this file: `.ts` in the source, `.js` where it was compiled. */
const BROWSER = new URL("./browser/", import.meta.url);
const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** Style sheet and icon; the compiler does not copy them, and the package has its source with it. */
const PAGE = new URL("../../src/console/page/", import.meta.url);

const JAVASCRIPT = "text/javascript; charset=utf-8";

let loaded: ConsoleFiles | undefined;

/**
 * Every file of the console; read once in the life of the process.
 *
 * @throws where a file of the package is missing.
 */
export function consoleFiles(): ConsoleFiles {
  loaded ??= load();
  return loaded;
}

function load(): ConsoleFiles {
  const modules = readdirSync(BROWSER).filter((name) => name.endsWith(ENDING) && !/[.]test[.]|[.]d[.]ts$/.test(name));
  const named = new Map<string, ConsoleFile>();
  for (const name of modules.sort()) {
    const source = readFileSync(new URL(name, BROWSER), "utf8");
    const code = withoutComments(ENDING === ".ts" ? stripTypeScriptTypes(source) : source);
    const isOnlyTypes = /^(export \{\};)?\s*$/.test(code);
    if (!isOnlyTypes) named.set(`${name.slice(0, -ENDING.length)}.js`, file(JAVASCRIPT, browserImports(code)));
  }
  const preact = readFileSync(new URL(import.meta.resolve("preact")), "utf8");
  named.set("preact.js", file(JAVASCRIPT, withoutComments(preact)));
  named.set("console.css", file("text/css; charset=utf-8", readFileSync(new URL("console.css", PAGE), "utf8")));
  named.set("icon.svg", file("image/svg+xml", readFileSync(new URL("icon.svg", PAGE), "utf8")));
  return { page: file("text/html; charset=utf-8", page([...named.keys()])), named };
}

/** A browser knows neither packages nor TypeScript: imports name the files as they are served. */
function browserImports(code: string): string {
  return code.replaceAll(
    /^((?:import|export|\}).*\bfrom\s+|import\s+)"([^"]+)";$/gm,
    (_, before: string, from: string) =>
      `${before}"${from === "preact" ? "./preact.js" : from.replace(/[.]ts$/, ".js")}";`,
  );
}

/** Leaves out what a browser has no use for: comments that have lines of their own, and what the types left empty. */
function withoutComments(code: string): string {
  return code
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\s*\n/gm, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{2,}/g, "\n")
    .replace(/^\n+/, "");
}

function file(contentType: string, text: string): ConsoleFile {
  const digest = createHash("sha256").update(text).digest("base64url").slice(0, 27);
  return { contentType, body: Buffer.from(text), gzipped: gzipSync(text), digest };
}

/** Addresses are relative, so that the console works behind a proxy that serves it under a path of its own. */
function page(names: readonly string[]): string {
  const preloads = names
    .filter((name) => name.endsWith(".js"))
    .map((name) => `<link rel="modulepreload" href="console/${name}">`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Trimtab</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="console/console.css">
${preloads.join("\n")}
<script type="module" src="console/main.js"></script>
</head>
<body>
<div id="console"></div>
<noscript>
<main>
<h1>Trimtab</h1>
<p>The console needs JavaScript. What it shows and does is also in the <a href="openapi.json">HTTP interface</a> and in the
command <code>trimtab</code>.</p>
</main>
</noscript>
</body>
</html>
`;
}
