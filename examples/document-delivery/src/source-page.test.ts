import { expect, test } from "vitest";
import { sourcePage } from "./source-page.ts";

test("each line has its number and its address, and nothing in it is taken for HTML", () => {
  const page = sourcePage("a<b>.ts", 'const a: Array<string> = ["&"];\nexport {};');
  expect(page).toContain("<title>a&lt;b&gt;.ts</title>");
  expect(page).toContain('<td class="line">const a: Array&lt;string&gt; = [&quot;&amp;&quot;];</td>');
  expect(page).toContain(
    '<tr id="L2"><td class="number"><a href="#L2">2</a></td><td class="line">export {};</td></tr>',
  );
  expect(page).not.toContain('id="L3"');
});
