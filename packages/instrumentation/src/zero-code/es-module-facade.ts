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
 * The text of a facade.
 *
 * @param source The text of the real module: whether it has a default export, and which exports are declared as functions.
 * @param replaced The exports that are replaced.
 */
export function facadeSource(url: string, key: string, source: string, replaced: readonly string[]): string {
  const from = JSON.stringify(url);
  const lines = [
    `import * as real from ${from};`,
    `export * from ${from};`,
    `const { apply, mirror } = globalThis[Symbol.for(${JSON.stringify(APPLY_KEY)})];`,
    `const replaced = apply(real, ${from}, ${JSON.stringify(key)});`,
  ];
  replaced.forEach((name, at) => {
    const isIdentifier = /^[A-Za-z_$][\w$]*$/.test(name);
    if (isIdentifier && new RegExp(`\\bexport\\s+(?:async\\s+)?function\\s*\\*?\\s*${escaped(name)}\\b`).test(source)) {
      // Modules that import each other may call a declared function before this line has run.
      lines.push(
        `export function ${name}(...args) {`,
        `  const target = typeof instead${at} === "function" ? instead${at} : real.${name};`,
        "  return new.target === undefined ? Reflect.apply(target, this, args) : Reflect.construct(target, args);",
        "}",
        `var instead${at} = replaced.${name};`,
        `mirror(${name}, real.${name});`,
      );
      return;
    }
    lines.push(`const instead${at} = replaced[${JSON.stringify(name)}];`);
    lines.push(`export { instead${at} as ${isIdentifier ? name : JSON.stringify(name)} };`);
  });
  const hasDefault = /\bexport\s+default\b|\bas\s+default\b|\bexport\s*\{\s*default\b/.test(source);
  if (hasDefault && !replaced.includes("default")) lines.push(`export { default } from ${from};`);
  return lines.join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("$", String.raw`\$`);
}
