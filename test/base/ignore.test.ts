import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toBytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { ignoreRules, parseIgnoreFile } from '../../src/base/ignore.ts';

const ignore = suite('.dockerignore');

const WHEEL = 'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl';

/** Lines of an ignore file, a path, and whether it is ignored; the behaviour of moby's patternmatcher. */
const table: [string, string, boolean][] = [
  ['file', 'file', true],
  ['file', 'file2', false],
  ['file', 'dir/file', false],
  ['dir', 'dir/file', true],
  ['dir', 'dir/dir2/file', true],
  ['dir', 'directory', false],
  ['dir/', 'dir/file', true],
  ['/file', 'file', true],
  ['/dir/file', 'dir/file', true],
  ['./file', 'file', true],
  ['a/../file', 'file', true],
  ['a//b', 'a/b', true],
  ['../file', 'file', false],
  ['/', 'file', false],
  ['.', 'file', false],
  // One star
  ['*', 'file', true],
  ['*', '.file', true],
  ['*', 'dir/file', true],
  ['*.txt', 'a.txt', true],
  ['*.txt', 'dir/a.txt', false],
  ['*/a.txt', 'dir/a.txt', true],
  ['*/a.txt', 'a.txt', false],
  ['*/*/x*', 'a/b/xyz', true],
  ['*/*/x*', 'a/xyz', false],
  ['a/*.txt', 'a/file.txt', true],
  ['a/*.txt', 'a/dir/file.txt', false],
  ['a/*.txt**', 'a/file.txt', true],
  ['a/*.txt**', 'a/file.txt.d/x', true],
  ['.*', '.foo', true],
  ['.*', 'foo', false],
  // Two stars
  ['**', 'file', true],
  ['**', 'dir/file', true],
  ['**/', 'file', true],
  ['**/', 'dir/file', true],
  ['**/**', 'dir/file', true],
  ['dir/**', 'dir', false],
  ['dir/**', 'dir/file', true],
  ['dir/**', 'dir/dir2/file', true],
  ['dir/**', 'dir2/file', false],
  ['dir**', 'dir', true],
  ['dir**', 'dir2/file', true],
  ['**/dir', 'dir', true],
  ['**/dir', 'a/dir', true],
  ['**/dir', 'a/dir/file', true],
  ['**/dir', 'dir/file', true],
  ['**/dir', 'a/xdir', false],
  ['**/dir2/*', 'dir/dir2/file', true],
  ['**/dir2/*', 'dir2/file', true],
  ['**/dir2/*', 'dir/dir2', false],
  ['**/dir2/**', 'dir/dir2/dir3/file', true],
  ['**file', 'file', true],
  ['**file', 'dir/file', true],
  ['**file', 'dir/dir/file', true],
  ['**file', 'dir/xfile', true],
  ['**file*', 'dir/xfile', false],
  ['**file*', 'dir/files', true],
  ['**/file', 'dir/dir/file', true],
  ['**/file*', 'dir/dir/file.txt', true],
  ['**/file*txt', 'dir/dir/file.txt', true],
  ['**/file*.txt*', 'dir/dir/file.txt', true],
  ['**/**/*.txt', 'dir/dir/file.txt', true],
  ['**/**/*.txt', 'file.txt', true],
  ['**/**/*.txt2', 'dir/dir/file.txt', false],
  ['**/*.txt', 'file.txt', true],
  ['**/*.txt', '.txt', true],
  ['a**/*.txt', 'a/file.txt', true],
  ['a**/*.txt', 'a/dir/file.txt', true],
  ['a**/*.txt', 'a/dir/dir/file.txt', true],
  ['a**b', 'ab', true],
  ['a**b', 'ax/b', true],
  ['a**b', 'axb', false],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/**/b', 'a/xb', false],
  ['**/foo/bar', 'foo/bar', true],
  ['**/foo/bar', 'dir/dir2/foo/bar', true],
  ['**/foo/bar', 'foo/x/bar', false],
  ['**/.foo', '.foo', true],
  ['**/.foo', 'bar.foo', false],
  ['***', 'a', true],
  // Other wildcards, and characters that mean something elsewhere
  ['abc?def', 'abcZdef', true],
  ['abc?def', 'abcdef', false],
  ['abc?def', 'abc/def', false],
  ['a[b-d]e', 'ace', true],
  ['a[b-d]e', 'aae', false],
  ['a[^b-d]e', 'aze', true],
  ['a[^b-d]e', 'abe', false],
  ['abc.def', 'abcZdef', false],
  ['a(b)c/def', 'a(b)c/def', true],
  ['a(b)c/def', 'a(b)c/xyz', false],
  ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
  ['*.{a,b}', 'x.a', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['a\\\\', 'a\\', true],
  [WHEEL, WHEEL, true],
  ['dist/*.whl', WHEEL, true],
  ['a?c', 'aéc', true],
  ['é', 'é', true],
  // Several lines: the last match decides
  ['*\n!*.go', 'main.go', false],
  ['*\n!*.go', 'main.c', true],
  ['!*.go\n*', 'main.go', true],
  ['*.md\n!README.md', 'README.md', false],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', true],
  ['*.md\nREADME-secret.md\n!README*.md', 'README-secret.md', false],
  ['**\n!util/docker/web', 'util/docker/web/foo', false],
  ['**\n!util/docker/web', 'util/docker/other', true],
  ['**\n!util/docker/web\nutil/docker/web/foo', 'util/docker/web/foo', true],
  [`**\n!${WHEEL}`, WHEEL, false],
  ['**\n!dist/*.whl', WHEEL, false],
  ['dir\n!dir/child', 'dir/child', false],
  ['dir\n!dir/child', 'dir/child/deep', false],
  ['dir\n!dir/child', 'dir/other', true],
  ['dir\n!dir/child', 'dir', true],
  ['!dir/child\ndir', 'dir/child', true],
  ['dir\n!**/keep', 'dir/a/keep', false],
  ['dir\n!dir/a\ndir/a/b', 'dir/a/b/c', true],
  ['dir\n!dir/a\ndir/a/b', 'dir/a/x', false],
  // The file itself
  ['# file', '# file', false],
  ['#file\nother', '#file', false],
  [' # file', '# file', true],
  ['  file\t', 'file', true],
  ['\n\n  \nfile', 'file', true],
  ['file\r\nother\r\n', 'file', true],
  ['\uFEFFfile', 'file', true],
  ['*\n! file', 'file', false],
  ['*\n!/file', 'file', false],
  ['*\n!./a/', 'a/b', false],
  ['', 'file', false],
  ['à', 'à', true],
];

for (const [lines, path, expected] of table) {
  ignore(`trap 59: ${JSON.stringify(lines)} ${expected ? 'ignores' : 'keeps'} ${path}`, () => {
    assert.is(parseIgnoreFile(lines).ignores(toBytePath(path)), expected);
  });
}

for (const lines of ['!', ' ! ', '[', 'a/[]b', 'a\\', 'a\n[x-]']) {
  ignore(`${JSON.stringify(lines)} is malformed`, () => {
    assert.throws(
      () => parseIgnoreFile(lines),
      (error: unknown) => error instanceof TsbuildError && error.code === 'INVALID' && /line \d/.test(error.message),
    );
  });
}

const prunes: [string, string, boolean][] = [
  ['node_modules', 'node_modules', true],
  ['node_modules', 'src', false],
  ['dir\n!dir/child', 'dir', false],
  ['dir\n!dir/child', 'dir/other', true],
  ['dir\n!dir/a/b', 'dir/a', false],
  ['dir\n!other/child', 'dir', true],
  ['!dir/child\ndir', 'dir', true],
  ['dir\n!**/keep', 'dir/a/b', false],
  ['dir\n!*.md', 'dir', true],
  ['**\n!*.md', 'dir', true],
  ['*\n!src/**/*.c', 'src', false],
  ['*\n!src/**/*.c', 'doc', true],
  ['*\n!src', 'src', false],
];

for (const [lines, directory, expected] of prunes) {
  ignore(`${JSON.stringify(lines)} ${expected ? 'prunes' : 'enters'} ${directory}`, () => {
    assert.is(parseIgnoreFile(lines).at(directory).prunable, expected);
  });
}

ignore('says which line decided', () => {
  const rules = parseIgnoreFile('# comment\n*.log\n!keep.log\n');
  assert.equal([rules.at('a.log').decidedBy?.text, rules.at('a.log').decidedBy?.line], ['*.log', 2]);
  assert.equal([rules.at('keep.log').decidedBy?.text, rules.at('keep.log').decidedBy?.line], ['!keep.log', 3]);
  assert.is(rules.at('a').decidedBy, undefined);
});

ignore('bytes of a file that is no UTF-8', () => {
  const rules = parseIgnoreFile(Buffer.from('a\xff*\n', 'latin1'));
  assert.ok(rules.ignores('a\xffb'));
  assert.not(rules.ignores('a\xfeb'));
});

ignore('a name with a line break cannot escape a pattern', () => {
  assert.ok(ignoreRules(['**/secret*']).ignores('a\nb/secret\n'));
});

ignore('patterns given one by one', () => {
  const rules = ignoreRules(['*.md', '!a.md', ' ']);
  assert.is(rules.patterns.length, 2);
  assert.ok(rules.ignores('b.md'));
  assert.not(rules.ignores('a.md'));
  assert.throws(() => ignoreRules(['!']), /illegal exclusion/);
});

ignore('what is pruned holds nothing that is kept', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '*', '**', '/', '?'), { minLength: 1, maxLength: 6 });
  const line = fc.tuple(fc.constantFrom('', '!'), pattern).map(([negation, parts]) => negation + parts.join(''));
  const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), path, (lines, names) => {
      const rules = parseIgnoreFile(lines.join('\n'));
      const prunable = names.some((_, index) => index > 0 && rules.at(names.slice(0, index).join('/')).prunable);
      if (prunable) assert.ok(rules.ignores(names.join('/')));
    }),
    { numRuns: 3000 },
  );
});

ignore('hostile patterns do not make it slow', () => {
  const rules = parseIgnoreFile(`${'*a'.repeat(40)}b\n*a${'?'.repeat(40)}\n${'**/a*'.repeat(10)}`);
  const start = performance.now();
  for (let index = 0; index < 50; index++) rules.ignores(`${'ab'.repeat(100)}${index}/${'ba'.repeat(100)}`);
  assert.ok(performance.now() - start < 5000);
});

ignore('a hundred thousand files', () => {
  const names = ['node_modules', 'dist', '**/*.log', '.git', '*.md', '!README.md', '**/test/**', '.env*', '**/*.pyc'];
  const { root } = parseIgnoreFile(names.join('\n'));
  const start = performance.now();
  for (let directory = 0; directory < 100; directory++) {
    const scope = root.child(`package${directory}`).child('src');
    for (let file = 0; file < 1000; file++) assert.not(scope.child(`component-${file}.tsx`).ignored);
  }
  assert.ok(performance.now() - start < 2000);
});

ignore.run();
