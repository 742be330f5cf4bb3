/** How the page looks: light or dark as the reader's system says, one column on a phone. */
import { Markup } from "./markup.ts";

/** The page's only style sheet. */
export const PAGE_STYLE: Markup = new Markup(`<style>
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #59636e; --edge: #d5dae1; --grid: #e7eaee;
  --l0: #0a66c2; --l1: #b35900; --l2: #1a7f37; --l3: #8250df; --l4: #bf3989; --l5: #0b7285; --holdout: #6e7781;
  --good: #1a7f37; --bad: #cf222e; --open: #6e7781;
  --s0: #cfe3f7; --s1: #fbe0c3; --s2: #cdebd3; --s3: #e4d8fb; --s4: #f8d5e6; --s5: #cdeaf0 }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1216; --card: #171b21; --ink: #e6eaef; --soft: #9aa5b1; --edge: #2e353e; --grid: #262c34;
  --l0: #6cb2ff; --l1: #f0a35e; --l2: #5fd07e; --l3: #c0a1ff; --l4: #ff8fc0; --l5: #5fd0e0; --holdout: #9aa5b1;
  --good: #5fd07e; --bad: #ff7b72; --open: #9aa5b1;
  --s0: #17406b; --s1: #6b3d12; --s2: #175230; --s3: #4b2f82; --s4: #6f2450; --s5: #0f4f5c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
header, main, footer { max-width: 1360px; margin: 0 auto; padding: 1rem clamp(0.75rem, 3vw, 2rem) }
h1 { font-size: 1.3rem; margin: 0.5rem 0 }
h2 { font-size: 1.15rem; margin: 2rem 0 0; overflow-wrap: anywhere }
h3 { font-size: 0.95rem; margin: 0 }
p { margin: 0.25rem 0 } header p, .subtitle, figcaption p, footer { color: var(--soft) } figcaption p { font-size: 0.85rem }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0; margin: 0.5rem 0 } a { color: var(--l0) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 0.75rem; margin: 0.75rem 0 }
.tile { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 0.6rem 0.8rem }
dt { color: var(--soft); font-size: 0.8rem } dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
dd small { display: block; font-size: 0.75rem; color: var(--soft) } dd.none, p.none { color: var(--soft); font-style: italic } dd.none { font-size: 1rem }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 0.75rem }
figure { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 0.8rem; min-width: 0 }
figure.table { grid-column: 1 / -1 }
p.none { padding: 1.5rem 0; text-align: center }
svg { display: block; width: 100%; height: auto; margin-top: 0.5rem }
svg text { font-size: 11.5px; fill: var(--soft) } svg text.value { fill: var(--ink) } .end { text-anchor: end } .middle { text-anchor: middle }
.grid { stroke: var(--grid) } .tick { stroke: var(--edge) } .zero { stroke: var(--soft); stroke-dasharray: 3 3 } .mark { stroke: var(--l4); stroke-dasharray: 1 3; opacity: 0.8 }
.stroke { fill: none; stroke-width: 1.8; stroke-linejoin: round } .holdout.stroke { stroke-dasharray: 5 3 } .band { fill: var(--l0); opacity: 0.18 }
.line0 { stroke: var(--l0); --c: var(--l0) } .line1 { stroke: var(--l1); --c: var(--l1) } .line2 { stroke: var(--l2); --c: var(--l2) }
.line3 { stroke: var(--l3); --c: var(--l3) } .line4 { stroke: var(--l4); --c: var(--l4) } .line5 { stroke: var(--l5); --c: var(--l5) }
.holdout { stroke: var(--holdout); --c: var(--holdout) } .good { stroke: var(--good); --c: var(--good) } .bad { stroke: var(--bad); --c: var(--bad) } .open { stroke: var(--open); --c: var(--open) }
.dot { fill: var(--c); stroke: none } .whisker { fill: none; stroke-width: 1.6 }
.shade0 { fill: var(--s0) } .shade1 { fill: var(--s1) } .shade2 { fill: var(--s2) } .shade3 { fill: var(--s3) } .shade4 { fill: var(--s4) } .shade5 { fill: var(--s5) }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0; margin: 0.4rem 0 0; font-size: 0.8rem; color: var(--soft) }
.legend li { overflow-wrap: anywhere } .legend b { color: var(--ink); font-variant-numeric: tabular-nums; font-weight: 600 }
.key { display: inline-block; width: 14px; border-top: 3px solid var(--c); margin-right: 0.4em; vertical-align: middle } .holdout.key { border-top-style: dashed }
.scroll { overflow-x: auto; margin-top: 0.5rem } table { border-collapse: collapse; width: 100%; font-size: 0.85rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--grid); vertical-align: top } th { color: var(--soft); font-weight: 600 }
details { margin-top: 0.5rem; font-size: 0.8rem; color: var(--soft) } summary { cursor: pointer } pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.4rem 0 0 }
footer { font-size: 0.8rem; padding-bottom: 2rem }
@media print { body { background: #fff } figure, .tile { break-inside: avoid } details { display: none } }
</style>`);
