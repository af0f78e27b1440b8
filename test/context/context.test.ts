import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toBytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { parseIgnoreFile } from '../../src/base/ignore.ts';
import { ContextTree } from '../../src/context/context-tree.ts';
import { selectSources } from '../../src/context/select.ts';
import { walkTree } from '../../src/snapshot/tree.ts';

const test = suite('a directory as build context');

/** A directory made by a script, and gone afterwards. */
async function withDirectory(script: string, work: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-context-'));
  try {
    execFileSync('sh', ['-ec', script], { cwd: directory });
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function namesIn(tree: ContextTree): string[] {
  const names: string[] = [];
  walkTree(tree, '', (path, entry) => names.push(entry.type === 'directory' ? `${path}/` : path));
  return names;
}

const FILES = 'mkdir -p a/b/c d .git; touch a/x a/b/y a/b/c/z d/x .git/config .dockerignore top.md README.md';
const ALL = [
  '.dockerignore',
  '.git/',
  '.git/config',
  'README.md',
  'a/',
  'a/b/',
  'a/b/c/',
  'a/b/c/z',
  'a/b/y',
  'a/x',
  'd/',
  'd/x',
  'top.md',
];

/** An ignore file, and what is left out of ALL. */
const IGNORES: readonly (readonly [ignore: string, hidden: readonly string[]])[] = [
  ['', []],
  ['.git', ['.git/', '.git/config']],
  ['*.md\n!README.md', ['top.md']],
  ['a', ['a/', 'a/b/', 'a/b/c/', 'a/b/c/z', 'a/b/y', 'a/x']],
  ['a\n!a/b/y', ['a/b/c/', 'a/b/c/z', 'a/x']],
  ['a/**\n!a/b/c/z', ['a/b/y', 'a/x']],
  ['a\n!a/b/nothing', ['a/', 'a/b/', 'a/b/c/', 'a/b/c/z', 'a/b/y', 'a/x']],
  ['**/x', ['a/x', 'd/x']],
  ['*\n!d', ALL.filter((name) => !name.startsWith('d/'))],
];

for (const [ignore, hidden] of IGNORES) {
  test(`ignoring ${JSON.stringify(ignore)}`, () =>
    withDirectory(FILES, (directory) => {
      const tree = new ContextTree(directory, parseIgnoreFile(ignore));
      assert.equal(
        namesIn(tree),
        ALL.filter((name) => !hidden.includes(name)),
      );
      for (const name of ALL) {
        const path = name.replace(/\/$/, '');
        assert.is(tree.lookup(path) === undefined, hidden.includes(name), path);
        assert.is(tree.hides(path), hidden.includes(name), path);
      }
      assert.not.ok(tree.hides('missing'));
    }));
}

const TREE = [
  'mkdir -p dir/sub .hid "br{a,b}" "[x]"',
  'touch dir/a.c dir/b.h dir/sub/c.c .hid/f .dot top.c "br{a,b}/f" "[x]/f" "st*ar" "(p)" "!n" "@x" ö.c',
  'ln -s dir linked; ln -s /dir absolute; ln -s /etc outside; ln -s ../.. up; ln -s dir/a.c file-link; ln -s missing broken',
].join('; ');

/** A source as it is written, and what it selects: `name` or `name=path` where a link was followed. */
const SOURCES: readonly (readonly [pattern: string, selected: readonly string[] | 'NOT_FOUND' | 'INVALID'])[] = [
  ['top.c', ['top.c']],
  ['/top.c', ['top.c']],
  ['./dir/../top.c', ['top.c']],
  ['../../top.c', ['top.c']],
  ['.', ['']],
  ['/', ['']],
  ['dir/', ['dir']],
  ['dir//sub', ['sub=dir/sub']],
  ['*.c', ['top.c', 'ö.c']],
  ['?.c', ['ö.c']],
  ['*/*.c', ['a.c=dir/a.c']],
  ['dir/*', ['a.c=dir/a.c', 'b.h=dir/b.h', 'sub=dir/sub']],
  ['d?r/[a-b].[ch]', ['a.c=dir/a.c', 'b.h=dir/b.h']],
  ['[^a-z]*/f', ['f=.hid/f', 'f=[x]/f']],
  ['.*', ['.dot', '.hid']],
  ['**/c.c', []],
  ['*/*/*.c', ['c.c=dir/sub/c.c']],
  ['br{a,b}/*', ['f=br{a,b}/f']],
  ['br{a,b}', ['br{a,b}']],
  // Before the first wildcard a backslash is a character of the name, as with BuildKit.
  ['\\[x]/*', []],
  ['[[]x]/f', ['f=[x]/f']],
  ['st\\*a*', ['st*ar']],
  ['(*', ['(p)']],
  ['!*', ['!n']],
  ['@*', ['@x']],
  ['+(x)', 'NOT_FOUND'],
  ['nothing*', []],
  ['top.c/*', []],
  ['missing/*', []],
  ['[', 'INVALID'],
  ['dir/[a-', 'INVALID'],
  ['a[]b]', 'INVALID'],
  ['missing', 'NOT_FOUND'],
  ['top.c/x', 'NOT_FOUND'],
  ['linked', ['linked=dir']],
  ['linked/a.c', ['a.c=dir/a.c']],
  ['linked/*.c', ['a.c=dir/a.c']],
  ['absolute/*.c', ['a.c=dir/a.c']],
  ['file-l*', ['file-link=dir/a.c']],
  ['outside', 'NOT_FOUND'],
  ['outside/passwd', 'NOT_FOUND'],
  ['outside/*', []],
  ['up/*.c', ['top.c', 'ö.c']],
  ['broken', 'NOT_FOUND'],
];

for (const [pattern, selected] of SOURCES) {
  test(`the source ${pattern}`, () =>
    withDirectory(TREE, async (directory) => {
      const tree = new ContextTree(directory, parseIgnoreFile(''));
      const options = { treeName: 'the build context' };
      const withGlob = { ...options, candidates: (from: string, glob: string) => tree.candidates(from, glob) };
      for (const variant of [options, withGlob]) {
        if (typeof selected === 'string')
          assert.is(await codeOf(() => selectSources(tree, toBytePath(pattern), variant)), selected);
        else {
          const found = await selectSources(tree, toBytePath(pattern), variant);
          const shown = found.map(({ name, path }) => (name === path ? name : `${name}=${path}`));
          assert.equal(shown, selected.map(toBytePath));
        }
      }
    }));
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return error instanceof TsbuildError ? error.code : String(error);
  }
}

test('names are bytes', () =>
  withDirectory('true', async (directory) => {
    const odd = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff]), Buffer.from('.c')]);
    writeFileSync(odd, '');
    mkdirSync(join(directory, 'ü'));
    const tree = new ContextTree(directory, parseIgnoreFile(''));
    assert.equal(namesIn(tree), ['\xc3\xbc/', '\xff.c']);
    const options = {
      treeName: 'the build context',
      candidates: (from: string, glob: string) => tree.candidates(from, glob),
    };
    assert.equal(
      (await selectSources(tree, '*.c', options)).map(({ path }) => path),
      ['\xff.c'],
    );
  }));

test('a hint names the line that excludes a file', () =>
  withDirectory(FILES, async (directory) => {
    const tree = new ContextTree(directory, parseIgnoreFile('top.md'));
    try {
      await selectSources(tree, 'top.md', { treeName: 'the build context', hides: (path) => tree.hides(path) });
      assert.unreachable();
    } catch (error) {
      assert.match((error as TsbuildError).hint ?? '', /excluded by the ignore file; add a line "!top.md"/);
    }
  }));

test('what vanishes while it is listed is not there', () =>
  withDirectory(FILES, (directory) => {
    const tree = new ContextTree(directory, parseIgnoreFile(''));
    renameSync(join(directory, 'top.md'), join(directory, 'gone.md'));
    assert.is(tree.lookup('top.md'), undefined);
  }));

test.run();
