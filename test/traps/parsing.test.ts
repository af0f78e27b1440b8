// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, expandHeredoc, parse, runScript } from '../../grammar/index.ts';
import { parseTree } from '../../grammar/tree/index.ts';

const traps = suite('traps of the language');

/** The arguments of the last instruction, behind a FROM that is put before it. */
function args(text: string): string[] {
  const tree = parseTree(`FROM a\n${text}\n`);
  assert.ok(tree.ok, tree.error);
  return tree.nodes.at(-1)?.args ?? [];
}

function refusal(text: string): string | undefined {
  return parseTree(`FROM a\n${text}\n`).error;
}

function messages(text: string): string[] {
  return parse({ name: 'Dockerfile', text: `FROM a\n${text}\n` }).errors.map((error) => error.message);
}

traps('trap 1: a continuation joins with nothing', () => {
  assert.equal(args('RUN a\\\nb'), ['ab']);
  assert.equal(args('RUN a\\  \t\nb'), ['ab']);
  assert.equal(args('RUN a\\\\'), ['a\\\\']);
  assert.equal(args('RUN a \\\r\n  b\r'), ['a   b']);
});

traps('trap 2: comment and blank lines inside a continuation drop out', () => {
  assert.equal(args('RUN a \\\n# c \\\n\n \t\nb'), ['a b']);
  const { file } = parse({ name: 'Dockerfile', text: 'FROM a\nRUN a \\\n\n b' });
  assert.is(file.instructions[1]?.emptyContinuations.length, 1);
});

traps('trap 3: directives end at the first comment that is none, blank line or instruction', () => {
  const escapeOf = (text: string) => {
    const tree = parseTree(text);
    return tree.ok ? tree.escape : tree.error;
  };
  assert.is(escapeOf('# syntax=x\n# ESCAPE = `\nFROM a'), '`');
  assert.is(escapeOf('\uFEFF  #escape=`\r\nFROM a'), '`');
  for (const before of ['# a comment\n', '\n', '# unknown=1\n', 'ARG x\n', '#\n']) {
    assert.is(escapeOf(`${before}# escape=\`\nFROM a`), '\\', before);
  }
  assert.is(escapeOf('# escape=`\n# escape=`\nFROM a'), 'line 2: the directive "escape" is given twice');
  assert.is(escapeOf('# escape=x\nFROM a'), 'line 1: invalid escape character "x"');
});

traps('trap 4: a broken JSON array is shell form, one of other things than strings is an error', () => {
  assert.equal(args("CMD ['a', 'b']"), ["['a', 'b']"]);
  assert.equal(args('CMD ["a"'), ['["a"']);
  assert.equal(args('CMD ["a"] x'), ['["a"] x']);
  assert.equal(args('COPY ["a b", "c"]'), ['a b', 'c']);
  assert.equal(args('COPY ["a b", "c"'), ['["a', 'b",', '"c"']);
  assert.is(refusal('CMD ["a", 1]'), 'line 2: a JSON array must hold strings only');
  assert.equal(messages('CMD ["a", 1]'), ['a JSON array must hold strings only']);
});

traps('trap 5: ENV of one name takes the rest of the line', () => {
  assert.equal(args('ENV ONE TWO= THREE=world'), ['ONE', 'TWO= THREE=world', '']);
  assert.equal(args('ENV a="b c" d=\\ e'), ['a', '"b c"', '=', 'd', '\\ e', '=']);
  assert.is(refusal('ENV k'), 'line 2: ENV requires a name and a value');
  assert.is(refusal('LABEL a=1 b'), 'line 2: expected name=value, found "b"');
});

traps('trap 6: a word sees the variables that its caller gives it', () => {
  const before: Record<string, string> = { abc: 'hello' };
  assert.is(expand('$abc', (name) => before[name]).value, 'hello');
});

traps('trap 7: unset is empty, and what is no operator is an error', () => {
  const lookup = (name: string) => (name === 'x' ? 'v' : undefined);
  assert.equal(expand('[$gone${gone}]', lookup), { value: '[]', used: ['gone'], unset: ['gone'] });
  assert.throws(() => expand('${x:=v}', lookup), /unsupported modifier \(:=\)/);
  assert.throws(() => expand('${gone:?tell}', lookup), /^gone: tell$/);
  assert.throws(() => expand('${x:-${gone?}}', lookup), /gone: is not allowed to be unset/);
  assert.is(expand('\\$x \'$x\' "$x" ${x}$', lookup).value, '$x $x v v$');
});

const heredocs: [string, [string, string, boolean, boolean, number][]][] = [
  ['RUN <<E\n\ta\nE', [['E', '\ta\n', true, false, 0]]],
  ['RUN <<-E\n\ta\n\tE', [['E', '\ta\n', true, true, 0]]],
  [
    'COPY <<"A" 4<<B /\n1\nA\n2\nB',
    [
      ['A', '1\n', false, false, 0],
      ['B', '2\n', true, false, 4],
    ],
  ],
  ['ONBUILD ADD <<E /\nE', [['E', '', true, false, 0]]],
  ['RUN cat <<<E', []],
  ['RUN cat<<E', []],
  ['RUN ["<<E"]', []],
  ['CMD <<E', []],
  ['RUN echo "<<E"', []],
];

traps('trap 8: heredocs, where there are any', () => {
  for (const [text, expected] of heredocs) {
    const tree = parseTree(`FROM a\n${text}\n`);
    assert.ok(tree.ok, tree.error);
    const found = tree.nodes.at(-1)?.heredocs.map((heredoc) => Object.values(heredoc));
    assert.equal(found, expected, text);
    assert.is(tree.nodes.at(-1)?.endLine, 1 + text.split('\n').length, text);
  }
  assert.is(refusal('RUN <<E\nx'), 'line 2: the heredoc E has no end');
});

traps('trap 9: a lone RUN heredoc is the argument of the shell, and a file where it begins with #!', () => {
  const script = (text: string) => {
    const [, run] = parse({ name: 'Dockerfile', text: `FROM a\n${text}\n` }).file.instructions;
    return run?.kind === 'RUN' ? runScript(run) : undefined;
  };
  assert.equal(script('RUN <<E\na\nb\nE'), { kind: 'shell', script: 'a\nb\n' });
  assert.equal(script('RUN <<E\n#!/bin/x\nE'), { kind: 'file', name: 'E', content: '#!/bin/x\n' });
  assert.equal(script('RUN cat <<E\na\nE'), { kind: 'shell', script: 'cat <<E\na\nE' });
});

traps('trap 10: the quotes of a COPY heredoc stay, and its variables are expanded', () => {
  assert.is(expandHeredoc('"$x" \'$x\' \\$x', () => 'v').value, '"v" \'v\' $x');
});

traps('trap 19: names of stages', () => {
  assert.equal(messages('FROM b AS 1x'), ['invalid name of a build stage: "1x"']);
  assert.equal(messages('FROM b AS X-1.y_z'), []);
});

traps('trap 20: a variable in --from is refused', () => {
  assert.equal(messages('COPY --from=$x a b'), ['variables are not expanded in --from']);
  assert.equal(messages('RUN --mount=from=$x,target=/y z'), ['variables are not expanded in the mount option "from"']);
});

traps.run();
