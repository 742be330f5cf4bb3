/**
 * The module that stands between an ES module and whoever imports it: the exports of an ES module cannot be changed from outside.
 * Pure, because it may run in a thread of the loader.
 */

/** Marks the address of a module in between. */
const MARK = "trimtab-facade";

/** The name under which the facade finds `ModulePatches.apply`. */
export const APPLY_KEY = "trimtab.apply-module-patches";

/** The address of the facade of a module. */
export function facadeUrl(url: string, key: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${MARK}=${encodeURIComponent(key)}`;
}

/** What a facade stands for; undefined for the address of anything else. */
export function facadeOf(url: string): { readonly real: string; readonly key: string } | undefined {
  const found = new RegExp(`^(.*)[?&]${MARK}=([^&]*)$`).exec(url);
  if (found === null) return undefined;
  return { real: found[1] ?? "", key: decodeURIComponent(found[2] ?? "") };
}

/** Is it written as an ES module? For files of which only their text can tell. */
export function looksLikeEsModule(source: string): boolean {
  return /^\s*(?:import\s*[\w{*"']|export\s+[\w{*]|export\s*\{|export\s*\*)/m.test(source);
}

/**
 * The text of a facade. Its own names are such as nobody gives an export: they would clash with an export that is replaced.
 *
 * @param source The text of the real module: whether it has a default export, and which exports are declared as functions.
 * @param replaced The exports that are replaced.
 */
export function facadeSource(url: string, key: string, source: string, replaced: readonly string[]): string {
  const from = JSON.stringify(url);
  const lines = [
    `import * as $trimtab_real from ${from};`,
    `export * from ${from};`,
    `const $trimtab_apply = globalThis[Symbol.for(${JSON.stringify(APPLY_KEY)})];`,
    `const $trimtab_replaced = $trimtab_apply.apply($trimtab_real, ${from}, ${JSON.stringify(key)});`,
  ];
  replaced.forEach((name, at) => {
    const isIdentifier = /^[A-Za-z_$][\w$]*$/.test(name);
    const instead = `$trimtab_instead${at}`;
    if (isIdentifier && new RegExp(`\\bexport\\s+(?:async\\s+)?function\\s*\\*?\\s*${escaped(name)}\\b`).test(source)) {
      // Modules that import each other may call a declared function before this line has run.
      lines.push(
        `export function ${name}(...args) {`,
        `  const target = typeof ${instead} === "function" ? ${instead} : $trimtab_real.${name};`,
        "  return new.target === undefined ? Reflect.apply(target, this, args) : Reflect.construct(target, args);",
        "}",
        `var ${instead} = $trimtab_replaced.${name};`,
        `$trimtab_apply.mirror(${name}, $trimtab_real.${name});`,
      );
      return;
    }
    lines.push(`const ${instead} = $trimtab_replaced[${JSON.stringify(name)}];`);
    lines.push(`export { ${instead} as ${isIdentifier ? name : JSON.stringify(name)} };`);
  });
  if (!replaced.includes("default")) lines.push(...defaultExport(from, source));
  return lines.join("\n");
}

/** What `export *` leaves out. Where there may be one, nothing may be linked that there is perhaps not: the service would not start. */
function defaultExport(from: string, source: string): readonly string[] {
  const code = source.replaceAll(COMMENT_OR_TEXT, (part) => (part[0] === "/" ? " " : '""'));
  if (EXPORTS_DEFAULT.test(code)) return [`export { default } from ${from};`];
  if (!EXPORTS_DEFAULT.test(source)) return []; // what looks like a text or a comment may be code after a regular expression
  return ["var $trimtab_default = $trimtab_real.default;", "export { $trimtab_default as default };"];
}

const COMMENT_OR_TEXT =
  /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
/** At the beginning of a statement; of types there is nothing when they run. */
const EXPORTS_DEFAULT =
  /(?:^|[;}\n])\s*export(?:\s+default\b(?!\s+interface\s+\w)|\s*\*\s*as\s+["']?default\b|\s*\{[^}]*\bdefault["']?\s*[,}])/;

function escaped(text: string): string {
  return text.replaceAll("$", String.raw`\$`);
}
