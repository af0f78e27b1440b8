/** How the page looks, by day and by night. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fbfaf7; --card: #fff; --faint: #67707b; --us: #d9531e; --them: #a7b3c0; --line: #e2dfd7; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15181c; --card: #1b1f24; --faint: #98a2ad; --us: #ff7a45; --them: #566473; --line: #2c3239; --bad: #ff8a80 } }
body { margin: 3rem auto; max-width: 64rem; padding: 0 1.5rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em } h2 { font-size: 1rem; margin: 0 0 .5rem }
h2.part { font-size: 1.3rem; margin: 2.6rem 0 .3rem } h2 code { color: var(--faint); font-weight: 400; font-size: .85em; margin-left: .4em }
p { color: var(--faint); margin: .2rem 0 } p b { color: var(--ink) } .failed { color: var(--bad); overflow-wrap: anywhere }
svg { display: block; width: 100%; height: auto }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1.1rem 1.3rem; margin: 1rem 0 } section h2.part { margin-top: 0 }
.cases { display: grid; grid-template-columns: repeat(auto-fit, minmax(27rem, 1fr)); gap: 1rem; margin-top: 1rem } .cases section { margin: 0 }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; margin-top: .6rem }
text { fill: var(--ink); font: 13px system-ui, sans-serif; font-variant-numeric: tabular-nums } .faint { fill: var(--faint) }
.us { fill: var(--us) } .them { fill: var(--them) } .spread, .mark { stroke: var(--ink); stroke-width: 1.5 } .axis { stroke: var(--line) }
.whole { fill: var(--line); opacity: .6 } .over { fill: var(--bad) }
.curve { fill: none !important; stroke-width: 2 } .curve.us { stroke: var(--us) } .curve.them { stroke: var(--them) }
.proportion { stroke: var(--faint); stroke-dasharray: 3 5; opacity: .7 }
details { margin-top: .6rem } summary { color: var(--faint); cursor: pointer }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: .4rem } th, td { padding: .15rem .9rem .15rem 0; text-align: right; font-weight: 400 } th[scope=row] { text-align: left } thead th { color: var(--faint) }
@media (max-width: 34rem) { .cases, .pair { grid-template-columns: 1fr } }
`;
