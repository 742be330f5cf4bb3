/** The page at the root: where everything is. */

const LINKS: readonly (readonly [string, string])[] = [
  ["/v1/operations", "the operations, what is served and what it brings"],
  ["/v1/adaptations", "every adaptation, newest first, with its reason"],
  ["/openapi.json", "the whole HTTP interface"],
  ["/metrics", "the controller's own metrics"],
  ["/readyz", "its state: metric source, operations, next cycles"],
];

/** The page as HTML. */
export function indexPage(version: string): string {
  const items = LINKS.map(([address, text]) => `<li><a href="${address}">${address}</a> ${text}</li>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Trimtab</title><meta name="viewport" content="width=device-width">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}li{margin:.4rem 0}</style></head>
<body>
<h1>Trimtab</h1>
<p>Controller ${version}. It reads the services' metrics, learns which parameters are better, and serves them.</p>
<ul>
${items}
</ul>
</body>
</html>
`;
}
