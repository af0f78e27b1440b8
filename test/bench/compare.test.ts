import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Case } from '../../bench/cases/case.ts';
import { compare } from '../../bench/compare.ts';
import { measureCurve } from '../../bench/curves/measure.ts';
import { curveTable } from '../../bench/curves/report.ts';
import type { Peer } from '../../bench/peers/peer.ts';

const test = suite('bench: compare');

let directory = '';
test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-compare-test-'));
});
test.after(() => rmSync(directory, { recursive: true, force: true }));

/** A builder that is a shell script; it finds its context in `$1` and its own name in `$2`. */
function shellPeer(name: string, script: string): Peer {
  return {
    name,
    archives: true,
    slow: false,
    version: async () => '1',
    importBase: async () => undefined,
    forget: async () => undefined,
    build: ({ context }) => ({ program: 'sh', args: ['-c', script, 'sh', context, name], env: process.env }),
    remove: async () => undefined,
  };
}

const benchCase: Case = { name: 'a', title: 'a', context: 'a', prepare: () => undefined };

test('peers build in turn; the first round is the one in which memory is sampled', async () => {
  const peers = [shellPeer('one', 'echo $2 >> $1/log'), shellPeer('two', 'echo $2 >> $1/log')];
  const { measurements, failures } = await compare(benchCase, peers, directory, { warmUp: 1, runs: 2 });
  assert.equal(readFileSync(join(directory, 'log'), 'utf8').trim().split('\n'), Array(4).fill(['one', 'two']).flat());
  assert.equal(
    measurements.map(({ peer, runs }) => [peer, runs.length]),
    [
      ['one', 2],
      ['two', 2],
    ],
  );
  assert.equal(failures, {});
});

test('a peer that fails has a reason and no figures, and the others go on', async () => {
  writeFileSync(join(directory, 'times'), '');
  const thirdTime = 'echo >> $1/times; [ $(wc -l < $1/times) -lt 3 ] || { echo broken >&2; exit 7; }';
  const peers = [shellPeer('breaks', thirdTime), shellPeer('works', 'true')];
  const { measurements, failures } = await compare(benchCase, peers, directory, { warmUp: 1, runs: 3 });
  assert.equal(
    measurements.map(({ peer, runs }) => [peer, runs.length]),
    [['works', 3]],
  );
  assert.equal(Object.keys(failures), ['breaks']);
  assert.match(failures.breaks ?? '', /^ended with 7: .*: broken$/);
  assert.is(readFileSync(join(directory, 'times'), 'utf8').length, 3);
});

test('a point of a curve that fails is said, and the other sizes stay', async () => {
  const line = (size: number) => ({ prepare: (context: string) => writeFileSync(join(context, 'size'), `${size}`) });
  const curve = { name: 'c', title: 'grows', unit: 'files', sizes: [1, 2, 3], lines: { 'no-op': line } };
  const peer = shellPeer('tsbuild', '[ $(cat $1/size) != 2 ] || { echo no memory >&2; exit 1; }');
  const result = await measureCurve(curve, directory, 2, async () => peer);
  assert.equal(
    result.lines['no-op']?.map(({ size, runs }) => [size, runs.length]),
    [
      [1, 2],
      [3, 2],
    ],
  );
  assert.match(curveTable(result), /\n {2}2 files failed: ended with 1: .*: no memory$/);
});

test.run();
