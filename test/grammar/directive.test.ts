import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../grammar/index.ts';
import { place } from './parsed.ts';

const directives = suite('directives');

function read(text: string) {
  const { file, errors } = parse({ name: 'Dockerfile', text });
  const { syntax, escape: escapeChar, check } = file.directives;
  return { syntax: syntax?.text, escapeChar, check, errors: errors.map((error) => error.message), file };
}

const top: [string, string, { syntax?: string; escapeChar?: string }][] = [
  ['none', 'FROM a', {}],
  ['both', '# syntax=x/y:1\n#escape=`\nFROM a', { syntax: 'x/y:1', escapeChar: '`' }],
  ['blanks and case do not count', '  #  SynTax  =  x  \nFROM a', { syntax: 'x' }],
  ['trap 3: a byte order mark is stripped', '\uFEFF# syntax=x\nFROM a', { syntax: 'x' }],
  ['CRLF', '# escape=`\r\nFROM a', { escapeChar: '`' }],
  ['trap 3: a comment ends them', '# hello\n# escape=`\nFROM a', {}],
  ['trap 3: a blank line ends them', '\n# escape=`\nFROM a', {}],
  ['trap 3: an instruction ends them', 'FROM a\n# escape=`', {}],
  ['trap 3: an unknown name ends them', '# foo=bar\n# escape=`\nFROM a', {}],
];

for (const [name, text, expected] of top) {
  directives(name, () => {
    const found = read(text);
    assert.equal(found.errors, []);
    assert.is(found.syntax, expected.syntax);
    assert.is(found.escapeChar, expected.escapeChar ?? '\\');
    assert.is(found.file.instructions[0]?.kind, 'FROM');
  });
}

const wrong: [string, string, string][] = [
  ['trap 3: a duplicate', '# escape=`\n# escape=`\nFROM a', 'the directive "escape" is given twice'],
  ['an escape that is none', '# escape=x\nFROM a', 'invalid escape character "x"'],
  ['an unknown option of check', '# check=foo=1\nFROM a', 'unknown check option "foo"'],
  ['a check option without value', '# check=skip\nFROM a', 'invalid check option "skip": expected key=value'],
  ['error is a boolean', '# check=error=maybe\nFROM a', 'invalid value "maybe" of the check option "error"'],
];

for (const [name, text, message] of wrong) {
  directives(name, () => {
    assert.equal(read(text).errors, [message]);
  });
}

directives('check', () => {
  const { check } = read('# check=skip=A, B ; error=true;experimental=all\nFROM a');
  assert.equal(check?.skip, ['A', 'B']);
  assert.is(check?.error, true);
  assert.is(check?.experimental, 'all');
  assert.is(place(check?.range), '1:9-1:48');
});

directives('a comment above an instruction scopes a check to it', () => {
  const { file } = read('FROM a\n# why\n# check=skip=A,B\nRUN x\n# check=skip=all\nRUN y\nRUN z');
  assert.equal(
    file.instructions.map((instruction) => instruction.checkSkip),
    [[], ['A', 'B'], 'all', []],
  );
});

directives('a check directive at the top is no comment of the first instruction', () => {
  const { file } = read('# check=skip=A\nFROM a');
  assert.equal(file.instructions[0]?.checkSkip, []);
  assert.equal(file.directives.check?.skip, ['A']);
});

directives.run();
