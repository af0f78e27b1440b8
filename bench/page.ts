import { curveSection } from './curves/report.ts';
import { type CaseResult, oursIn, type Report, rivalIn } from './report.ts';
import { wallOf } from './statistics.ts';
import { STYLE } from './style.ts';
import { bars, escapeText, type Share, shares } from './svg.ts';

/** The report as one page without a script or a request: all ratios at a glance, then each case, then the curves. */
export function pageOf(report: Report): string {
  const { machine, repetition, peers, absent, complete, time } = report;
  const about = [
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memory / 2 ** 30)} GiB, Linux ${machine.kernel}, ${machine.fileSystem}, Node ${machine.node}, as ${machine.user === 'root' ? 'root' : 'an ordinary user'}, load before ${machine.load.toFixed(1)}`,
    Object.entries(peers)
      .map(([name, version]) => (version.startsWith(name) ? version : `${name}: ${version}`))
      .join(' · '),
    ...absent.map((name) => `${name} was not found.`),
    `Medians of ${repetition.runs} runs in turn after ${repetition.warmUp} for warming up; lines on bars go from the fastest to the slowest.`,
  ];
  const unfinished = complete ? '' : '<p class="failed">This session has not come to its end.</p>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>tsbuild benchmark</title><style>${STYLE}</style></head>
<body><header><p>${escapeText(new Date(time).toUTCString())}</p><h1>tsbuild benchmark</h1>
${about.map((line) => `<p>${escapeText(line)}</p>`).join('\n')}
${unfinished}</header>
${glance(report.results)}
<div class="cases">${report.results.map(sectionOf).join('\n')}</div>
${report.curves.length === 0 ? '' : '<h2 class="part">How the costs of tsbuild grow</h2><p>Both axes are logarithmic: what grows in proportion is a line that climbs as steeply as the dashed one. Slopes are those between the two largest sizes.</p>'}
${report.curves.map(curveSection).join('\n')}
</body></html>
`;
}

/** Our share of the other's time in every case, beside what it is to be. */
function glance(results: readonly CaseResult[]): string {
  const rows = results.flatMap((result): Share[] => {
    const [ours, rival] = [oursIn(result), rivalIn(result)];
    if (ours === undefined || rival === undefined) return [];
    const share = wallOf(ours).median / wallOf(rival).median;
    return [{ name: result.case, share, target: result.target, rival: rival.peer }];
  });
  if (rows.length === 0) return '';
  const rivals = [...new Set(rows.map(({ rival }) => rival))].join(' or ');
  return `<section><h2 class="part">At a glance</h2>
<p>The time of tsbuild as a share of that of ${escapeText(rivals)}: shorter is faster. The mark is the share that is to be reached.</p>
${shares(rows)}</section>`;
}

function sectionOf(result: CaseResult): string {
  const { title, target, measurements, without, failures } = result;
  const ours = oursIn(result);
  const times = measurements.map((measurement) => {
    const { median, min, max } = wallOf(measurement);
    const isOurs = measurement === ours;
    const ratio = isOurs || ours === undefined ? '' : ` · ours is ${(wallOf(ours).median / median).toFixed(2)} of it`;
    return { name: measurement.peer, value: median, min, max, label: `${secondsText(median)}${ratio}`, isOurs };
  });
  const memory = measurements.map((measurement) =>
    bytesBar(measurement.peer, measurement.peakMemory, measurement === ours),
  );
  const archives = measurements.flatMap((measurement) => {
    const { peer, archiveSize } = measurement;
    return archiveSize === undefined ? [] : [bytesBar(peer, archiveSize, measurement === ours)];
  });
  const notes = [
    ...(target === undefined
      ? []
      : [`To be reached: ${target.toFixed(2)} of the time of ${rivalIn(result)?.peer ?? 'docker'}.`]),
    ...Object.entries(without).map(([name, why]) => `${name} took no part: it ${why}.`),
  ];
  return `<section><h2>${escapeText(title)} <code>${escapeText(result.case)}</code></h2>
${measurements.length === 0 ? '' : [bars('time', times), bars('peak memory', memory), archives.length === 0 ? '' : bars('archive', archives)].join('\n')}
${notes.map((note) => `<p>${escapeText(note)}</p>`).join('\n')}
${Object.entries(failures)
  .map(([name, why]) => `<p class="failed">${escapeText(`${name} failed: ${why}`)}</p>`)
  .join('\n')}</section>`;
}

function bytesBar(name: string, bytes: number, isOurs: boolean) {
  return { name, value: bytes / 1e6, label: `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`, isOurs };
}

/** Three digits that count. */
function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 1 ? 3 : seconds < 10 ? 2 : 1)} s`;
}
