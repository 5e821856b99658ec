#include "pipeline/report/style.hpp"

namespace evolver::report {

// Fonts are the reader's own: nothing is fetched. Colours have names, so that dark and print say them anew and nothing else.
Html style_sheet() {
    return R"(
:root {
  color-scheme: light dark;
  --paper: #f7f7f5; --surface: #ffffff; --ink: #1c2226; --muted: #56616b; --line: #dde1e4; --track: #eceff1;
  --accent: #2b5f92; --accent-2: #b4531a; --good: #1b7045; --good-paper: #e4f3ea; --bad: #a8261c; --bad-paper: #fbe9e7;
  --careful: #7d5200; --careful-paper: #fbf1dc; --plain-paper: #eceff1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121619; --surface: #1a1f23; --ink: #e7ebee; --muted: #9ba7b1; --line: #2d353b; --track: #252c31;
    --accent: #86b8ea; --accent-2: #f0a171; --good: #74d0a0; --good-paper: #17301f; --bad: #ff9a90; --bad-paper: #3a1d1a;
    --careful: #ecc06c; --careful-paper: #352a12; --plain-paper: #262d32;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.page { max-width: 70rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem) 4rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -200vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--surface); padding: .5rem 1rem; z-index: 1; }

.top { padding: clamp(1.5rem, 5vw, 3.5rem) 0 1.5rem; }
.kicker { margin: 0 0 .35rem; color: var(--muted); font-size: .8125rem; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: 0; font-size: clamp(1.75rem, 5vw, 2.6rem); line-height: 1.15; letter-spacing: -.02em; font-weight: 680; }
h1 .badge { vertical-align: .28em; margin-left: .35rem; }
.lead { margin: .6rem 0 0; color: var(--muted); font-size: 1.0625rem; max-width: 46rem; }
h2 { margin: 0 0 1rem; font-size: 1.3125rem; letter-spacing: -.01em; line-height: 1.25; }
h3 { margin: 1.75rem 0 .6rem; font-size: 1.0625rem; line-height: 1.3; }
p { margin: .5rem 0; }
.quiet { color: var(--muted); }

nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; margin: 0; padding: .8rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: .9375rem; }
nav a { display: inline-block; padding: .2rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 2.75rem; }

.badge { display: inline-block; padding: .12em .6em .16em; border-radius: 999px; font-size: .8125rem; font-weight: 600; line-height: 1.35; letter-spacing: 0; white-space: nowrap; background: var(--plain-paper); color: var(--ink); }
.badge.good { background: var(--good-paper); color: var(--good); }
.badge.bad { background: var(--bad-paper); color: var(--bad); }
.badge.careful { background: var(--careful-paper); color: var(--careful); }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; margin: 1.75rem 0 0; padding: 0; list-style: none; background: var(--line); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
.tiles li { background: var(--surface); padding: .9rem 1.1rem 1rem; }
.tiles .figure { display: block; font-size: 1.5rem; font-weight: 640; letter-spacing: -.015em; line-height: 1.2; }
.tiles .name { display: block; color: var(--muted); font-size: .875rem; }

.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .9rem 2rem; margin: 1.75rem 0 0; }
.facts div { min-width: 0; }
.facts dt { color: var(--muted); font-size: .8125rem; }
.facts dd { margin: 0; }

.notice { margin: 1.75rem 0 0; padding: 1rem 1.25rem 1.1rem; border-radius: .6rem; border-left: .3rem solid var(--accent); background: var(--surface); }
.notice.bad { border-color: var(--bad); background: var(--bad-paper); }
.notice.careful { border-color: var(--careful); background: var(--careful-paper); }
.notice h2 { margin: 0 0 .4rem; font-size: 1.0625rem; }
.notice ul { margin: .4rem 0 0; padding-left: 1.2rem; }
.notice pre { background: transparent; border: 0; padding: 0; margin: .3rem 0; }

.timeline { list-style: none; margin: 0; padding: 0; background: var(--surface); border: 1px solid var(--line); border-radius: .6rem; }
.timeline li { display: grid; grid-template-columns: 9.5rem 1fr 11rem; gap: .5rem 1.25rem; align-items: center; padding: .75rem 1.1rem; }
.timeline li + li { border-top: 1px solid var(--line); }
.timeline .track { position: relative; height: .8rem; border-radius: .4rem; background: var(--track); }
.timeline .span { position: absolute; top: 0; bottom: 0; min-width: .35rem; border-radius: .4rem; background: var(--accent); }
.timeline .span.bad { background: var(--bad); } .timeline .span.careful { background: var(--careful); }
.timeline .took { display: flex; justify-content: space-between; gap: .75rem; align-items: center; color: var(--muted); font-size: .9375rem; }
.timeline .name { font-weight: 600; }
.timeline a { color: inherit; text-decoration-color: var(--line); }
.scale { display: flex; justify-content: space-between; margin: .4rem 0 0; color: var(--muted); font-size: .8125rem; }

.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem; margin-bottom: 1.25rem; }
figure { margin: 0; padding: 1rem 1.1rem; background: var(--surface); border: 1px solid var(--line); border-radius: .6rem; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--muted); }
.plot .axis { font-size: 12px; }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .guide { stroke: var(--bad); stroke-width: 1.25; stroke-dasharray: 5 4; }
.plot .guide-label { fill: var(--bad); font-size: 12px; }
.plot .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.plot .line.series-2 { stroke: var(--accent-2); }
.plot .area { fill: var(--accent); opacity: .14; stroke: none; }
.plot .dot { fill: var(--accent); } .plot .dot.series-2 { fill: var(--accent-2); }
.plot .bar { fill: var(--accent); } .plot .bar.series-2 { fill: var(--accent-2); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .35rem 0 0; padding: 0; font-size: .875rem; color: var(--muted); }
.key { display: inline-block; width: 1.1rem; height: .25rem; border-radius: 1px; margin-right: .45rem; vertical-align: .25em; background: var(--accent); }
.key.series-2 { background: var(--accent-2); }

details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--accent); font-size: .9375rem; padding: .2rem 0; }
.scroll { overflow-x: auto; margin: .75rem 0; background: var(--surface); border: 1px solid var(--line); border-radius: .6rem; }
.values { max-height: 22rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; padding: .75rem 1.1rem .25rem; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1.1rem; border-top: 1px solid var(--line); overflow-wrap: normal; }
thead th { border-top: 0; color: var(--muted); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
th.name, td.name { white-space: nowrap; }
td { min-width: 5rem; }
td.wide, th.wide { min-width: 16rem; }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; padding: .7rem .9rem; background: var(--track); border-radius: .4rem; }

.card { margin: .9rem 0; padding: 1rem 1.25rem; background: var(--surface); border: 1px solid var(--line); border-radius: .6rem; }
.card h3 { margin: 0 0 .35rem; display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: baseline; }
.card .scroll { border-color: var(--line); }
.log { list-style: none; margin: .4rem 0 0; padding: 0; font-size: .875rem; }
.log li { display: grid; grid-template-columns: 6.5rem 1fr; gap: .75rem; padding: .15rem 0; }
.log time { color: var(--muted); }
.plain { margin: .4rem 0; padding-left: 1.2rem; }
footer { margin-top: 4rem; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }

@media (max-width: 42rem) {
  .timeline li { grid-template-columns: 1fr; gap: .4rem; }
  .log li { grid-template-columns: 1fr; gap: 0; padding: .35rem 0; }
  th, td { padding: .45rem .8rem; }
  caption { padding-left: .8rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root { --paper: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --track: #eee; --accent: #1f4f80; --accent-2: #8a3d10;
    --good: #14532f; --good-paper: #eef7f1; --bad: #8c1d14; --bad-paper: #fdf0ee; --careful: #5c3d00; --careful-paper: #fdf6e6; --plain-paper: #eee; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  .page { max-width: none; padding: 0; }
  nav, .skip, summary { display: none; }
  section { margin-top: 1.6rem; }
  .card, figure, .timeline, tr, .notice, .tiles { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
)";
}

}  // namespace evolver::report
