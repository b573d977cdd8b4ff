/** Styles of the HTML report; colours follow the reader's light or dark preference. */
export const styles = `
:root {
  --page: #fbfbfa; --card: #fff; --text: #1f2328; --quiet: #656d76; --line: #dfe2e6;
  --ours: #0b6bcb; --base: #8a94a0; --peer: #c9a24b; --ceiling: #6aa885;
  --met: #1a7f37; --missed: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1b1f24; --text: #e6e9ed; --quiet: #98a2ad; --line: #2f353c;
    --ours: #4ba0f5; --base: #76818d; --peer: #b8924a; --ceiling: #5d9a78;
    --met: #4ac26b; --missed: #ff7b72;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0; }
p { margin: 4px 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 20px; margin: 16px 0; }
.facts, .unit, footer { color: var(--quiet); font-size: 13px; }
.unit { margin: 0 0 10px; }
code { font: 12px ui-monospace, monospace; color: var(--quiet); }
.goals { font-size: 13px; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 520px; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--text); dominant-baseline: central; }
svg .label { text-anchor: end; }
svg .label.ours { font-weight: 600; }
svg .value { font-variant-numeric: tabular-nums; fill: var(--quiet); stroke: var(--card); stroke-width: 4px; paint-order: stroke; }
svg .ours { fill: var(--ours); } svg text.ours { fill: var(--text); }
svg .base { fill: var(--base); } svg .peer { fill: var(--peer); } svg .ceiling { fill: var(--ceiling); }
svg .axis { stroke: var(--line); }
svg .whisker { stroke: var(--text); stroke-opacity: .55; stroke-width: 1.5; }
svg .goal { stroke: var(--missed); stroke-width: 1.5; stroke-dasharray: 4 3; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
th:first-child, .text { text-align: left; }
thead th { color: var(--quiet); }
tr.ours th, tr.ours td { font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
details { margin-top: 8px; font-size: 13px; } summary { cursor: pointer; color: var(--quiet); }
.verdict { color: var(--quiet); } .verdict.met { color: var(--met); } .verdict.missed { color: var(--missed); font-weight: 600; }
.failure { color: var(--missed); font-size: 13px; overflow-wrap: anywhere; }
`;
