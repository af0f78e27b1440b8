import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tableOf } from '../../bench/report.ts';

const test = suite('bench: report');

const runs = (...walls: number[]) => walls.map((wall) => ({ wall, cpu: wall / 2 }));

test('a table has medians, extremes and our ratio to each peer', () => {
  const table = tableOf({
    case: 'noop',
    title: 'no-op',
    target: 0.7,
    without: { podman: 'would take minutes for each build' },
    measurements: [
      { peer: 'tsbuild', runs: runs(0.1, 0.09, 0.2), peakMemory: 61_000_000 },
      { peer: 'buildah', runs: runs(0.5, 0.4, 0.6), peakMemory: 38_000_000 },
    ],
  });
  assert.equal(table.split('\n'), [
    'no-op',
    '         wall s      min–max  CPU s  peak MB  wall ratio',
    'tsbuild   0.100  0.090–0.200  0.050       61',
    'buildah   0.500  0.400–0.600  0.250       38        0.20',
    'to be reached: 0.70 of the time of buildah',
    'podman takes no part: it would take minutes for each build',
  ]);
});

test.run();
