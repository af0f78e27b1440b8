import { createHash } from 'node:crypto';
import { type Figures, figuresOf } from './figures.ts';
import type { BenchResult } from './types.ts';

/** The measurement as one page without a script: plots are drawn here, and it asks for nothing. */
export function benchPage(bench: BenchResult): string {
  const figures = figuresOf(bench);
  const style = STYLE.trim();
  const hash = createHash('sha256').update(style).digest('base64');
  const builders = Object.entries(bench.builders).map(([name, version]) => `${name} ${version}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(bench.project)} · tsbuild bench</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="note">${[new Date(bench.time).toUTCString(), bench.machine, ...builders].map(escaped).join(' · ')}</p>
<h1>What the cache saves in ${escaped(bench.project)}</h1>
${timePlot(bench, figures)}
${table(figures)}
${matrix(figures)}
${left(bench, figures)}
</main>
</body>
</html>
`;
}

const WIDTH = 1000;
const LABEL = 130;
const VALUE = 90;
const BAR = 20;
const GAP = 16;

/** Bars of the median for each scenario and builder, with a line from the least to the most. */
function timePlot({ builders }: BenchResult, figures: readonly Figures[]): string {
  const names = Object.keys(builders);
  const most = Math.max(1, ...figures.flatMap(({ times }) => [...times.values()].map((time) => time.most)));
  const scale = (WIDTH - LABEL - VALUE) / most;
  const parts: string[] = [];
  let y = 0;
  for (const { result, times } of figures) {
    const shown = names.filter((name) => times.has(name));
    const middle = y + (Math.max(1, shown.length) * BAR) / 2;
    parts.push(text(LABEL - 14, middle + 5, result.name, 'end'));
    for (const name of shown) {
      const { median, least, most: longest } = times.get(name) as { median: number; least: number; most: number };
      const width = Math.max(2, median * scale);
      parts.push(
        `<rect class="b${names.indexOf(name)}" x="${LABEL}" y="${y + 2}" width="${round(width)}" height="${BAR - 4}" rx="3"><title>${escaped(`${name}: ${seconds(median)}`)}</title></rect>`,
        `<path class="range" d="M${round(LABEL + least * scale)} ${y + BAR / 2}H${round(LABEL + longest * scale)}"/>`,
        text(LABEL + Math.max(width, longest * scale) + 8, y + BAR / 2 + 5, seconds(median), 'start'),
      );
      y += BAR;
    }
    if (shown.length === 0) {
      parts.push(text(LABEL, y + BAR / 2 + 5, 'failed', 'start'));
      y += BAR;
    }
    y += GAP;
  }
  const legend =
    names.length < 2
      ? ''
      : `<p class="legend">${names.map((name, at) => `<span><i class="b${at}"></i>${escaped(name)}</span>`).join('')}</p>`;
  const label = 'Time of each scenario: the bar is the median, the line goes from the least to the most';
  return `<section><h2>Time</h2><p class="note">${label}.</p><svg viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${label}">${parts.join('')}</svg>${legend}</section>`;
}

function table(figures: readonly Figures[]): string {
  const rows = figures.map(({ result, hits, times, saved }) => {
    const { steps, bytes, detail, name, failures } = result;
    const share = steps.length === 0 ? 0 : (100 * hits) / steps.length;
    const ratio = `<svg class="ratio" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="6"/><rect class="hit" width="${round(share)}" height="6"/></svg>`;
    const ours = times.get('tsbuild');
    const cells = [
      ours === undefined ? 'failed' : seconds(ours.median),
      saved === undefined ? '' : `${saved < 0 ? '+' : '−'}${seconds(Math.abs(saved))}`,
      `${hits} of ${steps.length}${ratio}`,
      size(bytes.copied),
      size(bytes.layers),
      size(bytes.blobs),
    ];
    const failed = Object.entries(failures).map(
      ([builder, why]) => `<p class="failed">${escaped(`${builder}: ${why}`)}</p>`,
    );
    return `<tr><th scope="row">${escaped(name)}<p class="note">${escaped(detail)}</p>${failed.join('')}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const titles = ['Scenario', 'Time', 'Against cold', 'From the cache', 'Copied', 'Layers', 'Blobs'];
  return `<section><h2>Scenarios</h2><p class="note">Of tsbuild. Copied is what COPY and ADD took out of the context, Layers what all executed steps wrote, Blobs what came to the store packed, exported or fetched.</p><div class="scroll"><table><thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

/** Which step ran in which scenario. */
function matrix(figures: readonly Figures[]): string {
  const measured = figures.filter(({ result }) => result.steps.length > 0);
  const names = [...new Set(measured.flatMap(({ result }) => result.steps.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const cells = measured.map(({ result }) => {
      const step = result.steps.find((one) => one.name === name);
      if (step === undefined) return '<td class="none"></td>';
      if (step.isHit) return '<td class="hit">cached</td>';
      const why = step.reason === undefined ? '' : ` title="${escaped(step.reason)}"`;
      return `<td class="ran"${why}>${step.duration === undefined ? 'ran' : seconds(step.duration)}</td>`;
    });
    return `<tr><th scope="row"><code>${escaped(name)}</code></th>${cells.join('')}</tr>`;
  });
  const heads = measured.map(({ result }) => `<th scope="col">${escaped(result.name)}</th>`).join('');
  return `<section><h2>Steps</h2><p class="note">What ran, and how long; the reason is shown when you point at it.</p><div class="scroll"><table class="matrix"><thead><tr><th scope="col">Step</th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function left({ skipped, absent }: BenchResult, figures: readonly Figures[]): string {
  const lines = [
    ...skipped.map(({ name, reason }) => `${name}: not measured, ${reason}`),
    ...absent.map(({ name, reason }) => `${name} took no part: ${reason}`),
  ];
  if (lines.length === 0 || figures.length === 0) return '';
  return `<section><h2>Not measured</h2><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul></section>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end'): string {
  return `<text x="${round(x)}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB'];

function size(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** unit;
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${UNITS[unit]}`;
}

const STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#faf9f5,#16171a);--ink:light-dark(#1f1e1b,#eae7df);--soft:light-dark(#6d6960,#9b978d);--line:light-dark(#e4e0d5,#303237);--b0:light-dark(#d9541e,#e8763f);--b1:light-dark(#8fa6c9,#5e7aa8);--b2:light-dark(#8fc3a8,#4f8f71);--b3:light-dark(#c4a7cf,#8b6a98);--hit:light-dark(#d7eee1,#1f3d2d);--ran:light-dark(#fbe0d3,#4b2b1c)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 "Inter","Segoe UI",system-ui,-apple-system,sans-serif;font-feature-settings:"tnum"}
main{max-width:1140px;margin:0 auto;padding:44px 32px 96px}
h1{margin:10px 0 0;font-size:clamp(26px,4vw,38px);line-height:1.15;letter-spacing:-.025em}
h2{margin:0 0 4px;font-size:21px;letter-spacing:-.015em}
section{margin-top:52px}
p{margin:0}
.note{color:var(--soft);font-size:13px;font-weight:400}
svg{display:block;width:100%;margin-top:16px;overflow:visible}
text{font:14px "Inter","Segoe UI",system-ui,sans-serif;fill:var(--ink)}
.b0{fill:var(--b0);background:var(--b0)}.b1{fill:var(--b1);background:var(--b1)}.b2{fill:var(--b2);background:var(--b2)}.b3{fill:var(--b3);background:var(--b3)}
.range{stroke:var(--ink);stroke-width:1.5;opacity:.55}
.legend{display:flex;gap:20px;margin-top:10px;font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:12px;height:12px;margin-right:7px;border-radius:3px;vertical-align:-1px}
.scroll{overflow-x:auto;margin-top:14px}
table{width:100%;border-collapse:collapse}
th{text-align:left;font-weight:500;vertical-align:top}
thead th{padding:0 14px 8px 0;border-bottom:1px solid var(--ink);color:var(--soft);font-size:12.5px;white-space:nowrap}
tbody th,td{padding:10px 14px 10px 0;border-bottom:1px solid var(--line)}
td{text-align:right;vertical-align:top;white-space:nowrap;font-size:14px}
thead th:not(:first-child){text-align:right}
.ratio{width:100%;min-width:90px;height:5px;margin-top:5px}
.ratio .hit{fill:light-dark(#2e8b63,#5cc796)}
.ratio .rest{fill:var(--line)}
code{font:12.5px/1.5 ui-monospace,"JetBrains Mono","SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.matrix td{padding:8px 10px;text-align:center;font-size:12.5px;border-left:3px solid var(--paper)}
.matrix thead th:not(:first-child){text-align:center}
.matrix .hit{background:var(--hit);color:var(--soft)}
.matrix .ran{background:var(--ran);font-weight:600}
.failed{color:light-dark(#b3261e,#ff7b72);font-size:13px}
li{margin:4px 0}
`;
