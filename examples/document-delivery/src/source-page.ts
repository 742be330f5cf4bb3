/** A source file as the page of a code browser: every line escaped, numbered, and with an address of its own. */

/** @returns The HTML document for the text of a file. */
export function sourcePage(name: string, text: string): string {
  const rows = text.split("\n").map((line, index) => {
    const number = index + 1;
    return `<tr id="L${number}"><td class="number"><a href="#L${number}">${number}</a></td><td class="line">${escapeHtml(line)}</td></tr>`;
  });
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${escapeHtml(name)}</title></head>`,
    `<body><h1>${escapeHtml(name)}</h1><table class="source">`,
    ...rows,
    "</table></body></html>",
    "",
  ].join("\n");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
