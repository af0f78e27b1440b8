import { curveSection } from './curves/report.ts';
import { type CaseResult, type Report, rivalOf } from './report.ts';
import { summarize } from './statistics.ts';
import { bars, escapeText } from './svg.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fbfaf7; --faint: #6b7480; --us: #d9531e; --them: #9aa7b5; --line: #d8d5cd }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #15181c; --faint: #98a2ad; --us: #ff7a45; --them: #566473; --line: #2c3239 } }
body { margin: 3rem auto; max-width: 54rem; padding: 0 1.5rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; margin: 0 0 .3rem } h2 { font-size: 1.05rem; margin: 2.6rem 0 .4rem }
p { color: var(--faint); margin: .2rem 0 } svg { display: block; width: 100%; height: auto }
text { fill: var(--ink); font: 13px system-ui, sans-serif; font-variant-numeric: tabular-nums } .faint { fill: var(--faint) }
.us { fill: var(--us) } .them { fill: var(--them) } .spread { stroke: var(--ink); stroke-width: 1.5 } .axis { stroke: var(--line) }
.curve { fill: none !important; stroke-width: 2 } .curve.us { stroke: var(--us) } .curve.them { stroke: var(--them) }
`;

/** The report as one page without a script or a request: for each case a bar of time and of memory for each builder. */
export function pageOf(report: Report): string {
  const { machine, repetition, peers, absent } = report;
  const about = [
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memory / 2 ** 30)} GiB, Linux ${machine.kernel}, ${machine.fileSystem}, Node ${machine.node}, load before ${machine.load.toFixed(1)}`,
    ...Object.entries(peers).map(([name, version]) => `${name}: ${version}`),
    ...absent.map((name) => `${name} was not found`),
    `Medians of ${repetition.runs} runs in turn after ${repetition.warmUp} for warming up; the line shows the fastest and the slowest.`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>tsbuild benchmark</title><style>${STYLE}</style></head>
<body><h1>tsbuild benchmark</h1>
${about.map((line) => `<p>${escapeText(line)}</p>`).join('\n')}
${report.results.map(sectionOf).join('\n')}
${report.curves.map(curveSection).join('\n')}
</body></html>
`;
}

function sectionOf(result: CaseResult): string {
  const { title, target, measurements, without } = result;
  const walls = measurements.map(({ runs }) => summarize(runs.map(({ wall }) => wall)));
  const ours = walls[0]?.median ?? Number.NaN;
  const times = measurements.map(({ peer }, index) => {
    const { median = Number.NaN, min, max } = walls[index] ?? {};
    const ratio = index === 0 ? '' : `, we take ${(ours / median).toFixed(2)} of it`;
    return { name: peer, value: median, min, max, label: `${median.toFixed(2)} s${ratio}`, isOurs: index === 0 };
  });
  const memory = measurements.map(({ peer, peakMemory }, index) => ({
    name: peer,
    value: peakMemory / 1e6,
    label: `${(peakMemory / 1e6).toFixed(0)} MB`,
    isOurs: index === 0,
  }));
  const notes = [
    ...(target === undefined ? [] : [`To be reached: ${target.toFixed(2)} of the time of ${rivalOf(result)}.`]),
    ...Object.entries(without).map(([name, why]) => `${name} took no part: it ${why}.`),
  ];
  return `<section><h2>${escapeText(title)}</h2>
${notes.map((note) => `<p>${escapeText(note)}</p>`).join('\n')}
${bars('time', times)}
${bars('peak memory', memory)}</section>`;
}
