/** A report as one HTML page that needs nothing else: no script, no font, no picture from anywhere. */
import { formatDuration } from "@trimtab/conventions";
import { timeText } from "../cli/number-text.ts";
import { intervalChart, lineChart, lineClass, timelineChart } from "./charts.ts";
import { type Markup, markup } from "./markup.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { hasData, type Panel, type Report, type Section, type Span, type Tile } from "./report.ts";
import { valueText } from "./scales.ts";

/** The text of the page. */
export function reportPage({ span, source, version, sections }: Report): string {
  const title = `Trimtab, ${formatDuration(span.to - span.from)} up to ${timeText(new Date(span.to).toISOString())}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${PAGE_STYLE}
</head>
<body>
<header>
<h1>${title}</h1>
<p>${source} Times are UTC. A gap is a time in which nothing could be measured, and never zero.</p>
<nav aria-label="Sections"><ul>${sections.map((section, index) => markup`<li><a href="#s${index}">${section.title}</a></li>`)}</ul></nav>
</header>
<main>${sections.map((section, index) => sectionOf(section, index, span))}</main>
<footer><p>Made by trimtab ${version}. What is shown here was read once; the page asks nobody for anything.</p></footer>
</body>
</html>
`.text;
}

function sectionOf({ title, subtitle, tiles, panels }: Section, index: number, span: Span): Markup {
  return markup`
<section id="s${index}" aria-labelledby="h${index}">
<h2 id="h${index}">${title}</h2>
<p class="subtitle">${subtitle}</p>
<dl class="tiles">${tiles.map(tileOf)}</dl>
<div class="panels">${panels.map((panel) => panelOf(panel, span))}</div>
</section>`;
}

function tileOf({ title, value, note }: Tile): Markup {
  return markup`<div class="tile"><dt>${title}</dt><dd${value === undefined ? markup` class="none"` : undefined}>${value ?? "no data"}${
    note === undefined ? undefined : markup`<small>${note}</small>`
  }</dd></div>`;
}

function panelOf(panel: Panel, span: Span): Markup {
  const { title, question, queries = [] } = panel;
  const why = panel.problem ?? panel.hint;
  return markup`
<figure class="${panel.kind}">
<figcaption><h3>${title}</h3><p>${question}</p></figcaption>
${hasData(panel) ? contentOf(panel, span) : markup`<p class="none">no data${why === undefined ? undefined : markup`: ${why}`}</p>`}
${queries.length === 0 ? undefined : markup`<details><summary>PromQL</summary><pre>${queries.join("\n\n")}</pre></details>`}
</figure>`;
}

function contentOf(panel: Panel, span: Span): Markup {
  if (panel.kind === "intervals") return intervalChart(panel);
  if (panel.kind === "timeline") return timelineChart(panel, span);
  if (panel.kind === "table") return tableOf(panel.head, panel.rows);
  const legend = panel.lines.map((line, index) => {
    const last = line.points.flatMap(({ value }) => value ?? []).at(-1);
    return markup`<li><span class="${lineClass(line, index)} key"></span>${line.name} <b>${last === undefined ? "no data" : valueText(last, panel.unit)}</b></li>`;
  });
  return markup`${lineChart(panel, span)}<ul class="legend">${legend}</ul>`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return markup`<div class="scroll" tabindex="0"><table><thead><tr>${head.map((each) => markup`<th scope="col">${each}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
