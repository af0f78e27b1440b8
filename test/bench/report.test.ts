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
    failures: { docker: 'ended with 1: no space' },
  });
  assert.equal(table.split('\n'), [
    'no-op',
    '         wall s      min–max  CPU s  peak MB  wall ratio',
    'tsbuild   0.100  0.090–0.200  0.050       61',
    'buildah   0.500  0.400–0.600  0.250       38        0.20',
    'to be reached: 0.70 of the time of buildah',
    'podman takes no part: it would take minutes for each build',
    'docker failed: ended with 1: no space',
  ]);
});

test('a case that writes archives compares their sizes', () => {
  const table = tableOf({
    case: 'archive',
    title: 'archive',
    without: {},
    measurements: [
      { peer: 'tsbuild', runs: runs(20), peakMemory: 100e6, archiveSize: 510e6 },
      { peer: 'docker', runs: runs(80), peakMemory: 400e6, archiveSize: 500e6 },
    ],
    failures: {},
  });
  assert.equal(table.split('\n').slice(1), [
    '         wall s        min–max   CPU s  peak MB  wall ratio  archive MB  size ratio',
    'tsbuild  20.000  20.000–20.000  10.000      100                   510.0',
    'docker   80.000  80.000–80.000  40.000      400        0.25       500.0       1.020',
  ]);
});

test('ratios are to ours, and there are none where ours failed', () => {
  const table = tableOf({
    case: 'noop',
    title: 'no-op',
    without: {},
    measurements: [{ peer: 'docker', runs: runs(0.5), peakMemory: 1e6 }],
    failures: { tsbuild: 'was ended after 300 s' },
  });
  assert.equal(table.split('\n').slice(2), [
    'docker   0.500  0.500–0.500  0.250        1',
    'tsbuild failed: was ended after 300 s',
  ]);
});

test.run();
