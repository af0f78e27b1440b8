// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { heredocMarker } from '../../grammar/heredoc.ts';
import { type Instruction, runScript } from '../../grammar/index.ts';
import { errorsOf, instructionsOf, one, place } from './parsed.ts';

const heredocs = suite('heredocs');

const markers: [string, ReturnType<typeof heredocMarker>][] = [
  ['<<EOF', { name: 'EOF', expand: true, chomp: false, fd: 0 }],
  ['<<-EOF', { name: 'EOF', expand: true, chomp: true, fd: 0 }],
  ['3<<EOF', { name: 'EOF', expand: true, chomp: false, fd: 3 }],
  ['<<"EOF"', { name: 'EOF', expand: false, chomp: false, fd: 0 }],
  ["<<-'EOF'", { name: 'EOF', expand: false, chomp: true, fd: 0 }],
  ['<<E"O"F', { name: 'EOF', expand: false, chomp: false, fd: 0 }],
  ['<<\\EOF', { name: 'EOF', expand: true, chomp: false, fd: 0 }],
  ["<<eo\\'f", { name: "eo'f", expand: true, chomp: false, fd: 0 }],
  ["<<'e'o\\'f", { name: "eo'f", expand: false, chomp: false, fd: 0 }],
  ['<<"a\\b"', { name: 'a\\b', expand: false, chomp: false, fd: 0 }],
  ['<<$EOF', { name: '$EOF', expand: true, chomp: false, fd: 0 }],
  ['<< EOF', { name: 'EOF', expand: true, chomp: false, fd: 0 }],
  ['<<- EOF', { name: 'EOF', expand: true, chomp: true, fd: 0 }],
  ['<< -EOF', { name: '-EOF', expand: true, chomp: false, fd: 0 }],
  ['<<EOF sh', undefined],
  ['<<"a b"', { name: 'a b', expand: false, chomp: false, fd: 0 }],
  ['<<EOF>/x', { name: 'EOF>/x', expand: true, chomp: false, fd: 0 }],
  ['<<<EOF', undefined],
  ['<<', undefined],
  ['<<-', undefined],
  ['<<""', undefined],
  ['cat<<EOF', undefined],
  ['<EOF', undefined],
  ['<<"EOF', undefined],
];

for (const [word, expected] of markers) {
  heredocs(`trap 8: the marker ${word}`, () => assert.equal(heredocMarker(word), expected));
}

heredocs('the body is kept as it is', () => {
  const run = one('RUN', 'FROM a\nRUN cat <<EOF\n  a \\\n# b\n\nRUN c\nEOF\n');
  assert.is(run.heredocs[0]?.raw, '  a \\\n# b\n\nRUN c\n');
  assert.is(run.text, 'RUN cat <<EOF');
  assert.is(place(run.range), '2:1-7:4');
  assert.is(place(run.heredocs[0]?.range), '2:9-2:14');
  assert.is(place(run.heredocs[0]?.bodyRange), '3:1-7:1');
});

heredocs('trap 8: <<- strips tabs only, also before the delimiter', () => {
  const [heredoc] = one('RUN', 'RUN <<-EOF\n\t\ta\n \tb\n\tEOF').heredocs;
  assert.is(heredoc?.raw, '\t\ta\n \tb\n');
  assert.is(heredoc?.content, 'a\n \tb\n');
});

heredocs('trap 8: without the dash a delimiter behind a tab is none', () => {
  assert.equal(errorsOf('RUN <<EOF\n\tEOF'), ['2:5 the heredoc EOF has no end']);
});

heredocs('several bodies follow in order', () => {
  const run = one('RUN', 'RUN a <<A 3<<B\n1\nA\n2\nB\nUSER x');
  assert.equal(
    run.heredocs.map((heredoc) => [heredoc.name, heredoc.fd, heredoc.content]),
    [
      ['A', 0, '1\n'],
      ['B', 3, '2\n'],
    ],
  );
});

heredocs('a marker on a continued line', () => {
  assert.is(one('RUN', 'RUN a && \\\n  b <<A\nbody\nA').heredocs[0]?.content, 'body\n');
});

heredocs('CRLF', () => {
  assert.is(one('RUN', 'RUN cat <<A\r\nbody\r\nA\r\n').heredocs[0]?.content, 'body\r\n');
});

const none: [string, string][] = [
  ['trap 8: JSON form', 'RUN ["cat", "<<EOF"]'],
  ['trap 8: in quotes', 'RUN echo "<<EOF"'],
  ['trap 8: <<<', 'RUN cat <<<EOF'],
  ['trap 8: other instructions', 'LABEL a="b <<EOF"'],
  ['trap 8: CMD', 'CMD cat <<EOF'],
  ['a shift', 'RUN echo $((1<<2))'],
  ['a line that the shell lexer refuses', 'RUN echo ${x^^} <<EOF'],
  ['a quote without end', "RUN echo it's <<EOF"],
];

for (const [name, text] of none) {
  heredocs(`${name}: no heredoc`, () => {
    assert.equal(instructionsOf(`FROM a\n${text}\nUSER x`).at(-2)?.heredocs, []);
  });
}

heredocs('trap 8: blanks may stand between << and the delimiter', () => {
  const run = one('RUN', 'FROM a\nRUN cat <<  EOF > x\nbody\nEOF\n');
  assert.is(run.heredocs[0]?.content, 'body\n');
  assert.is(place(run.heredocs[0]?.range), '2:9-2:16');
  assert.equal(errorsOf('RUN echo $(( 1 << 2 ))'), ['2:16 the heredoc 2 has no end']);
});

heredocs('trap 8: blanks in ${…} part words, and those in quotes do not', () => {
  assert.is(one('RUN', 'RUN a ${x:- <<E}\n1\nE}\n').heredocs[0]?.name, 'E}');
  assert.equal(one('RUN', 'RUN a "${x:- <<E}"').heredocs, []);
});

heredocs('trap 8: one without end is an error at its marker, and the only one', () => {
  assert.equal(errorsOf('RUN cat <<EOF\nnot an instruction\nEOF2\n'), ['2:9 the heredoc EOF has no end']);
});

const scripts: [string, string, ReturnType<typeof runScript>][] = [
  ['trap 9: a lone one is the argument of the shell', 'RUN <<EOF\na\nb\nEOF', { kind: 'shell', script: 'a\nb\n' }],
  ['trap 9: with tabs stripped', 'RUN <<-EOF\n\ta\n\tEOF', { kind: 'shell', script: 'a\n' }],
  [
    'trap 9: with #! it is a file',
    'RUN <<run.py\n#!/usr/bin/env python\nx\nrun.py',
    { kind: 'file', name: 'run.py', content: '#!/usr/bin/env python\nx\n' },
  ],
  [
    'trap 9: else the shell gets the whole',
    'RUN cat <<-A <<B > /x\n\t1\n\tA\n2\nB',
    { kind: 'shell', script: 'cat <<-A <<B > /x\n\t1\nA\n2\nB' },
  ],
  ['no heredoc', 'RUN a', { kind: 'shell', script: 'a' }],
  ['exec form', 'RUN ["a", "b"]', { kind: 'argv', args: ['a', 'b'] }],
  ['behind flags it is still lone', 'RUN --network=none <<E\na\nE', { kind: 'shell', script: 'a\n' }],
];

for (const [name, text, expected] of scripts) {
  heredocs(name, () => assert.equal(runScript(one('RUN', text)), expected));
}

function sources(instruction: Instruction): unknown[] {
  if (instruction.kind !== 'COPY' && instruction.kind !== 'ADD') return [];
  return instruction.sources.map((source) => (source.kind === 'path' ? source.word.text : [source.heredoc.name]));
}

heredocs('trap 10: sources of COPY and ADD', () => {
  assert.equal(sources(one('COPY', 'COPY <<a.txt b <<"c" /d/\n1\na.txt\n2\nc')), [['a.txt'], 'b', ['c']]);
  assert.equal(sources(one('ADD', 'ADD --chown=1 <<x /y\n1\nx')), [['x']]);
});

heredocs('trap 10: quotes of the body stay', () => {
  assert.is(one('COPY', 'COPY <<a /b\n"x" \'y\'\na').heredocs[0]?.content, '"x" \'y\'\n');
});

heredocs('a destination cannot be one', () => {
  assert.equal(errorsOf('COPY a <<b\nx\nb'), ['2:8 COPY cannot have a heredoc as its destination']);
});

heredocs.run();
