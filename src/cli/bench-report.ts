import { figuresOf } from '../bench/figures.ts';
import type { BenchResult } from '../bench/types.ts';
import { size, table } from './table.ts';

/** The measurement as a table: a row for each scenario, a column for each builder. */
export function benchText(bench: BenchResult): string {
  const peers = Object.keys(bench.builders).slice(1);
  const rows = figuresOf(bench).map(({ result, hits, times, saved }) => {
    const { name, steps, bytes, failures } = result;
    const time = (builder: string) => {
      const found = times.get(builder);
      if (found !== undefined) return seconds(found.median);
      return failures[builder] === undefined ? '-' : 'failed';
    };
    return [
      name,
      time('tsbuild'),
      saved === undefined ? '-' : seconds(saved),
      `${hits}/${steps.length}`,
      size(bytes.copied),
      size(bytes.layers),
      size(bytes.blobs),
      ...peers.map(time),
    ];
  });
  const header = [
    'SCENARIO',
    'TIME',
    'SAVED',
    'HITS',
    'COPIED',
    'LAYERS',
    'BLOBS',
    ...peers.map((peer) => peer.toUpperCase()),
  ];
  const failures = bench.scenarios.flatMap(({ name, failures: failed }) =>
    Object.entries(failed).map(([builder, why]) => `${name}: ${builder} failed: ${why}`),
  );
  const notes = [
    ...bench.scenarios.map(({ name, detail }) => `${name}: ${detail}`),
    ...bench.skipped.map(({ name, reason }) => `${name}: not measured, ${reason}`),
    ...bench.absent.map(({ name, reason }) => `${name} took no part: ${reason}`),
    ...failures,
  ];
  const lines = table(
    ['NOTE'],
    notes.map((note) => [note]),
  )
    .split('\n')
    .slice(1)
    .join('\n');
  return `${table(header, rows)}\n${lines}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)}s`;
}
