import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toBytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { globSegments, hasGlob, matchGlob } from '../../src/base/gomatch.ts';

const gomatch = suite("patterns by Go's rules");

const matches: [string, string, boolean][] = [
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'abc', true],
  ['*', '.hidden', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['**', 'a/b', false],
  ['**', 'ab', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['*x', 'xxx', true],
  ['?', 'a', true],
  ['?', '', false],
  ['?', '/', false],
  ['a?b', 'a/b', false],
  ['a?b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['[!a]', '!', true],
  ['[!a]', 'b', false],
  ['a[^a]b', 'a☺b', true],
  ['a[^a][^a][^a]b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-x]', '-', true],
  ['[x\\-]', 'z', false],
  ['[*?]', '*', true],
  ['[*?]', 'a', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['\\a', 'a', true],
  ['a.b', 'axb', false],
  ['(a)+|$^', '(a)+|$^', true],
  [']', ']', true],
  ['é*', 'éa', true],
];

for (const [pattern, name, expected] of matches) {
  gomatch(`trap 24: ${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
    assert.is(matchGlob(toBytePath(pattern), toBytePath(name)), expected);
  });
}

const malformed = [
  '[]a]',
  '[-]',
  '[x-]',
  '[-x]',
  '[a-b-c]',
  '[',
  '[^',
  '[^bc',
  'a[',
  'a/b[',
  '\\',
  'a\\',
  '[\\',
  '[a',
  '[]',
  '[^]',
];

for (const pattern of malformed) {
  gomatch(`${pattern} is malformed, whatever the name`, () => {
    for (const name of ['', 'a', 'x/y', pattern]) {
      assert.throws(
        () => matchGlob(pattern, name),
        (error: unknown) => error instanceof TsbuildError && error.code === 'INVALID',
      );
    }
  });
}

gomatch('a byte that is no UTF-8 is a character of its own', () => {
  assert.ok(matchGlob('a?b', 'a\xffb'));
  assert.ok(matchGlob('a\xff', 'a\xff'));
  assert.not(matchGlob('a\xfe', 'a\xff'));
  assert.ok(matchGlob('a??', 'a\xc3\xe9'));
  assert.ok(matchGlob('?', '\xc3\xa9'));
  assert.ok(matchGlob('????', '\xed\xa0\x80\xc0'));
});

const globs: [string, boolean][] = [
  ['a', false],
  ['a*', true],
  ['a?', true],
  ['[a]', true],
  ['a\\*', false],
  ['\\\\*', true],
  ['a]', false],
];

for (const [pattern, expected] of globs) {
  gomatch(`${pattern} is ${expected ? 'a pattern' : 'a name'}`, () => assert.is(hasGlob(pattern), expected));
}

gomatch('segments, for a walker', () => {
  const segments = globSegments('/src//*.[ch]/**/a\\*b/é');
  assert.equal(
    segments.map((segment) => segment.literal),
    ['src', undefined, undefined, 'a*b', 'é'],
  );
  assert.equal(
    segments.map((segment) => segment.deep),
    [false, false, true, false, false],
  );
  assert.ok(segments[1]?.matches('x.c'));
  assert.not(segments[1]?.matches('x.cc'));
});

gomatch('a literal of bytes stays the same bytes', () => {
  const name = '\xff\xc3\xa9';
  assert.is(globSegments(name)[0]?.literal, name);
});

gomatch('stars do not make it slow', () => {
  const start = performance.now();
  assert.not(matchGlob(`${'*a'.repeat(50)}*b`, 'a'.repeat(20_000)));
  assert.ok(performance.now() - start < 2000);
});

gomatch('agrees with a simple model', () => {
  const model = (pattern: string, name: string): boolean => {
    if (pattern === '') return name === '';
    if (pattern[0] === '*')
      return model(pattern.slice(1), name) || (/^[^/]/.test(name) && model(pattern, name.slice(1)));
    return (
      name !== '' &&
      (pattern[0] === '?' ? name[0] !== '/' : pattern[0] === name[0]) &&
      model(pattern.slice(1), name.slice(1))
    );
  };
  const text = (chars: string[]) =>
    fc.array(fc.constantFrom(...chars), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text(['a', 'b', '*', '?', '/']), text(['a', 'b', '/']), (pattern, name) => {
      assert.is(matchGlob(pattern, name), model(pattern, name));
    }),
    { numRuns: 5000 },
  );
});

gomatch.run();
