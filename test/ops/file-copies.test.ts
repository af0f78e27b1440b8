import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TsbuildError } from '../../src/base/error.ts';
import { FileCopies } from '../../src/ops/file-copies.ts';
import { LayerWriter } from '../../src/snapshot/layer-writer.ts';
import { RootView } from '../../src/snapshot/root-view.ts';

const test = suite('the files of a COPY, made by several threads');

/** More than one thread makes before others are begun. */
const FILES = 3000;
const ATTRIBUTES = { mode: 0o640, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, mtimeMs: 1_000_000 };

let directory: string;

test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-copies-'));
  mkdirSync(join(directory, 'source'));
  for (let file = 0; file < FILES; file++) writeFileSync(join(directory, 'source', String(file)), `content of ${file}`);
});
test.after(() => rmSync(directory, { recursive: true }));

/** Copies all files into a new layer; of one of them another size was seen before. Returns the layer's directory. */
async function copyAll(layer: string, changed?: number): Promise<string> {
  const target = join(directory, layer);
  mkdirSync(target);
  const writer = new LayerWriter(target, new RootView([]), { userXattrs: false });
  const files = new FileCopies({ writer, signal: new AbortController().signal });
  try {
    for (let file = 0; file < FILES; file++) {
      const source = join(directory, 'source', String(file));
      const { size, ctimeMs, ino } = statSync(source);
      const copy = writer.claimFile(String(file), source, ATTRIBUTES, { replace: false });
      const expected = { size: file === changed ? size + 1 : size, ctimeMs, ino };
      await files.add({ ...copy, expected, from: `source/${file}`, to: String(file) }, size);
    }
    await files.settle();
  } finally {
    await files.abandon();
  }
  return target;
}

test('every file is made once, with its content and attributes', async () => {
  const layer = await copyAll('complete');
  for (let file = 0; file < FILES; file++) {
    const path = join(layer, String(file));
    assert.is(readFileSync(path, 'utf8'), `content of ${file}`);
    const { mode, mtimeMs } = statSync(path);
    assert.equal([mode & 0o7777, mtimeMs], [ATTRIBUTES.mode, ATTRIBUTES.mtimeMs]);
  }
});

for (const changed of [0, FILES - 1]) {
  test(`file ${changed}, which is not what it was, fails by its name, and is not there`, async () => {
    try {
      await copyAll(`changed-${changed}`, changed);
      assert.unreachable();
    } catch (error) {
      const { code, message } = error as TsbuildError;
      assert.equal([code, message], ['CHANGED', `source/${changed} changed while it was being copied`]);
    }
    assert.throws(() => statSync(join(directory, `changed-${changed}`, String(changed))), /ENOENT/);
  });
}

test.run();
