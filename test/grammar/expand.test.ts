// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, expandHeredoc, expandWords } from '../../grammar/index.ts';
import { TsbuildError } from '../../src/base/error.ts';

const expansion = suite('expansion of words');

const VALUES: Record<string, string> = {
  x: 'foo.tar.gz',
  empty: '',
  two: 'a b',
  path: '/usr/local/bin',
  uni: 'aé😀b',
  star: 'a*b*c',
  é: 'accent',
  '1': 'one',
};

const lookup = (name: string) => VALUES[name];

const words: [string, string][] = [
  ['plain', 'plain'],
  ['$x', 'foo.tar.gz'],
  ['${x}', 'foo.tar.gz'],
  ['a$x-b', 'afoo.tar.gz-b'],
  ['$é', 'accent'],
  ['$1x', 'onex'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$ x', '$ x'],
  ['$(x)', '$(x)'],
  ['$$', ''],
  ['$empty', ''],
  // Quotes and escapes
  ["'$x'", '$x'],
  ['"$x"', 'foo.tar.gz'],
  ['"\'$x\'"', "'foo.tar.gz'"],
  ['a"b"\'c\'d', 'abcd'],
  ['""', ''],
  ['\\$x', '$x'],
  ['\\\\$x', '\\foo.tar.gz'],
  ['\\a\\"', 'a"'],
  ['"\\$x \\" \\\\ \\a"', '$x " \\ \\a'],
  ["'\\a'", '\\a'],
  ['a\\', 'a'],
  ['a\\😀', 'a😀'],
  // Defaults and alternatives
  ['${none:-w}', 'w'],
  ['${none-w}', 'w'],
  ['${empty:-w}', 'w'],
  ['${empty-w}', ''],
  ['${x:-w}', 'foo.tar.gz'],
  ['${none:+w}', ''],
  ['${empty:+w}', ''],
  ['${empty+w}', 'w'],
  ['${x:+w}', 'w'],
  ['${x:?no}', 'foo.tar.gz'],
  ['${empty?no}', ''],
  ['${none:-}', ''],
  ['${none:-$x}', 'foo.tar.gz'],
  ['${none:-${empty:-${x}}}', 'foo.tar.gz'],
  ['${none:-"a } b"}', 'a } b'],
  ["${none:-'}'}", '}'],
  ['${none:-a\\}b}', 'a}b'],
  ['"${none:-"q r"}"', 'q r'],
  ['${none:-a b}', 'a b'],
  // Only what is used is evaluated
  // Prefixes and suffixes
  ['${x#*.}', 'tar.gz'],
  ['${x##*.}', 'gz'],
  ['${x%.*}', 'foo.tar'],
  ['${x%%.*}', 'foo'],
  ['${x#bar}', 'foo.tar.gz'],
  ['${x%???}', 'foo.tar'],
  ['${path##*/}', 'bin'],
  ['${path%/*}', '/usr/local'],
  ['${star#a\\*}', 'b*c'],
  ['${star%\\**}', 'a*b'],
  ['${uni#a?}', '😀b'],
  ['${uni%?b}', 'aé'],
  ['${none#x}', ''],
  ['${x#"foo"}', '.tar.gz'],
  ['${x#${none:-foo}}', '.tar.gz'],
  // Replacement
  ['${x/o/0}', 'f0o.tar.gz'],
  ['${x//o/0}', 'f00.tar.gz'],
  ['${x/o/}', 'fo.tar.gz'],
  ['${x//./-}', 'foo-tar-gz'],
  ['${x/o*t/_}', 'f_ar.gz'],
  ['${path//\\//_}', '_usr_local_bin'],
  ['${x//[.]/_}', 'foo.tar.gz'],
  ['${x/foo/$two}', 'a b.tar.gz'],
  ['${x/q/y}', 'foo.tar.gz'],
  ['${empty/*/y}', 'y'],
  ['${x/foo/\\}}', '\\}.tar.gz'],
];

for (const [word, expected] of words) {
  expansion(`${word} is ${JSON.stringify(expected)}`, () => assert.is(expand(word, lookup).value, expected));
}

const patterns: [string, string, string][] = [
  ['a', '${x//*/y}', 'y'],
  ['abc', '${x//b*/-}', 'a-'],
  ['abc', '${x///-}', '-a-b-c-'],
  ['', '${x//*/y}', 'y'],
  ['aXbXc', '${x/X/}', 'abXc'],
  ['a/b', '${x/\\//:}', 'a:b'],
  ['a}b', '${x/\\}/:}', 'a:b'],
  ['a*b', '${x#a\\*}', 'b'],
  ['aab', '${x#"a*"}', 'ab'],
  ['##a', '${x#$hash}', ''],
  ['日本', '${x#?}', '本'],
  ['x.y', '${x%.*}', 'x'],
  ['x.y.z', '${x%%.*}', 'x'],
  ['c:\\d', '${x#c:\\\\}', 'd'],
  ['', '${+y}', ''],
  ['v', '${x:+"a b"}', 'a b'],
];

for (const [x, word, expected] of patterns) {
  expansion(`${word} of ${JSON.stringify(x)} is ${JSON.stringify(expected)}`, () => {
    const values: Record<string, string> = { x, hash: '#*' };
    assert.is(expand(word, (name) => values[name]).value, expected);
  });
}

const wrong: [string, RegExp][] = [
  ['${x#a\\b}', /invalid escape \\b in a pattern/],
  ['${.x}', /unsupported modifier \(\.\)/],
  ['${x:=v}', /unsupported modifier \(:=\)/],
  ['${x=v}', /unsupported modifier \(=\)/],
  ['${x:#a}', /unsupported modifier \(:#\)/],
  ['${x!}', /unsupported modifier \(!\)/],
  ['${x^^}', /unsupported modifier \(\^\)/],
  ['${none:?a $two}', /^none: a a b$/],
  ['${none?}', /^none: is not allowed to be unset$/],
  ['${empty:?}', /^empty: is not allowed to be empty$/],
  ['${x', /missing '}'/],
  ['${', /missing '}'/],
  ['${x:-a', /missing '}'/],
  ['${x/a', /missing '\/'/],
  ['${x/a/b', /missing '}'/],
  ['${}', /bad substitution/],
  ['${{x}}', /bad substitution/],
  ['${:x}', /bad substitution/],
  ['"a', /double quote has no end/],
  ["a'", /single quote has no end/],
  ['${x:+"a}', /double quote has no end/],
];

for (const [word, message] of wrong) {
  expansion(`trap 7: ${word} is an error`, () => {
    assert.throws(
      () => expand(word, lookup),
      (error: unknown) => error instanceof TsbuildError && error.code === 'INVALID' && message.test(error.message),
    );
  });
}

expansion('trap 6: the caller decides what a word sees', () => {
  const before = new Map([['abc', 'hello']]);
  assert.is(expand('$abc', (name) => before.get(name)).value, 'hello');
});

expansion('trap 7: names that were unset and left a hole', () => {
  const { used, unset } = expand("$none ${gone} ${maybe:-d} ${alt+x} $x ${cut#a} '$quoted'", lookup);
  assert.equal(used, ['none', 'gone', 'maybe', 'alt', 'x', 'cut']);
  assert.equal(unset, ['none', 'gone', 'cut']);
});

expansion('what stands behind an operator is evaluated also where it is not used', () => {
  assert.equal(expand('${x:-$none}', lookup), { value: 'foo.tar.gz', used: ['none', 'x'], unset: ['none'] });
  assert.throws(() => expand('${x:-${none:?always}}', lookup), /^none: always$|none: always/);
});

expansion('the other escape character', () => {
  const options = { escape: '`' as const };
  assert.is(expand('`$x c:\\dir\\$x', lookup, options).value, '$x c:\\dir\\foo.tar.gz');
  assert.is(expand('"`" \\"', lookup, options).value, '" \\');
});

const split: [string, string[]][] = [
  ['a  b', ['a', 'b']],
  ['$two', ['a', 'b']],
  ['"$two"', ['a b']],
  ['x$two"y z"', ['xa', 'by z']],
  ['$empty', []],
  ["''", []],
  ['a\\ b', ['a b']],
  [' 80 $empty 81 ', ['80', '81']],
  ['${none:-"a b" c}', ['a', 'b', 'c']],
];

for (const [word, expected] of split) {
  expansion(`trap 55: ${word} splits into ${expected.length}`, () => {
    assert.equal(expandWords(word, lookup).words, expected);
  });
}

const bodies: [string, string][] = [
  ['"$x" \'$x\'\n', '"foo.tar.gz" \'foo.tar.gz\'\n'],
  ["it's\n", "it's\n"],
  ['\\$x\n', '$x\n'],
  ['\\\\\n', '\\\n'],
  ['\\\n', '\n'],
  ['${none:-"q"}\n', '"q"\n'],
];

for (const [body, expected] of bodies) {
  expansion(`trap 10: the body ${JSON.stringify(body)}`, () => assert.is(expandHeredoc(body, lookup).value, expected));
}

expansion('nesting of any depth costs its length', () => {
  const depth = 100_000;
  assert.is(expand(`${'${a:-'.repeat(depth)}x${'}'.repeat(depth)}`, lookup).value, 'x');
  assert.is(expand(`${'${x#${a:-'.repeat(1000)}foo${'}}'.repeat(1000)}`, lookup).value, 'foo.tar.gz');
  assert.throws(() => expand('${a:-'.repeat(depth), lookup), /missing '}'/);
});

expansion('a value cannot grow without end', () => {
  const big = 'x'.repeat(10 << 20);
  assert.throws(() => expand('$a$a$a', () => big), /too long/);
  assert.throws(() => expand('${a//*a*b/x}'.replace('b', 'b'.repeat(1000)), () => big), /too long/);
});

expansion('patterns do not go back over the text again and again', () => {
  const value = 'a'.repeat(20_000);
  const start = performance.now();
  assert.is(expand('${a##*a*a*a*a*a*a*a*b}', () => value).value, value);
  assert.is(expand('${a//*a*a*a*a*b/x}', () => value).value, value);
  assert.ok(performance.now() - start < 1000);
});

expansion.run();
