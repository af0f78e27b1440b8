import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { treePaths, writeTree } from '../../bench/cases/tree.ts';

const test = suite('bench: tree');

test('writes as many files as asked for, of the mean size that the cases promise', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-tree-test-'));
  try {
    writeTree(root, 1000);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    assert.is(files.length, 1000);
    assert.ok(bytes / 1000 > 3700 && bytes / 1000 < 4700, `${bytes / 1000} bytes a file`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('paths are unique and in directories of twenty', () => {
  const paths = treePaths(20_000);
  assert.is(new Set(paths).size, 20_000);
  assert.is(new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/')))).size, 1000);
});

test.run();
