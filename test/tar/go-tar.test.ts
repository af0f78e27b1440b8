import { execFileSync } from 'node:child_process';
import {
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeXattrs } from '../../runner/syscall/index.ts';
import { parseSamples, writeSamples } from './samples.ts';

const test = suite('tars of Go programs');

let directory = '';

test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'go-tar-'));
});
test.after(() => rmSync(directory, { recursive: true, force: true }));

async function makeTree(tree: string): Promise<void> {
  const deep = join(tree, 'd'.repeat(80), 'e'.repeat(80));
  mkdirSync(deep, { recursive: true });
  mkdirSync(join(tree, 'x'.repeat(120)));
  writeFileSync(join(deep, 'file'), 'in a path that ustar splits');
  writeFileSync(join(tree, 'x'.repeat(120), 'y'), 'in a path that ustar does not split');
  writeFileSync(join(tree, 'größe'), 'UTF-8');
  writeFileSync(Buffer.from(`${tree}/caf\xe9`, 'latin1'), 'not UTF-8');
  writeFileSync(join(tree, 'old'), '');
  utimesSync(join(tree, 'old'), new Date(-1_000_000), new Date(-1_000_000));
  symlinkSync('t'.repeat(150), join(tree, 'symlink'));
  writeFileSync(join(tree, 'tagged'), 'tagged');
  linkSync(join(tree, 'tagged'), join(tree, 'hardlink'));
  if (process.getuid?.() === 0) lchownSync(join(tree, 'tagged'), 3_000_000, 2 ** 21);
  await writeXattrs([{ path: join(tree, 'tagged'), name: 'user.binary', value: Buffer.from([0, 0xff, 0x0a, 0x3d]) }]);
}

/** The layer that umoci makes of a directory, with Go's archive/tar. */
function layerOf(tree: string): Buffer {
  const layout = join(directory, 'layout');
  const umoci = (...args: string[]): unknown => execFileSync('umoci', args, { stdio: 'pipe' });
  umoci('init', '--layout', layout);
  umoci('new', '--image', `${layout}:a`);
  umoci('insert', '--image', `${layout}:a`, tree, '/');
  const blobs = join(layout, 'blobs', 'sha256');
  const gzipped = readdirSync(blobs)
    .map((name) => readFileSync(join(blobs, name)))
    .find((blob) => blob[0] === 0x1f);
  return gunzipSync(gzipped as Buffer);
}

test('what Go wrote we write again, byte for byte', async () => {
  const tree = join(directory, 'tree');
  await makeTree(tree);
  const layer = layerOf(tree);
  const samples = parseSamples(layer);
  assert.ok(samples.length >= 12);
  // umoci leaves out the blocks at the end.
  assert.equal(writeSamples(samples).subarray(0, layer.length), layer);
});

test.run();
