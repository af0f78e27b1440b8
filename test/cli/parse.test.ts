import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const parse = suite('tsbuild parse');

let place: Workplace;

parse.before(() => {
  place = new Workplace();
  place.write('Dockerfile', 'FROM a\nCOPY --from=x a "b\\u0007é" /\nONBUILD RUN x\n');
  place.write('bad', 'FROM a\nENV x\n');
  place.write('doubtful', 'FROM a\nRNU x\n');
});

parse.after(() => place.remove());

async function run(args: string[], stdin = '') {
  const { code, stdout, stderr } = await place.run(['parse', ...args], { stdin });
  return { code, lines: stdout.split('\n').slice(0, -1), stderr };
}

parse('the tree of ./Dockerfile, in the order of fields that tools rely on', async () => {
  const { code, lines } = await run([]);
  assert.is(code, 0);
  assert.equal(lines, [
    '{"ok":true,"escape":"\\\\","nodes":[' +
      '{"value":"from","flags":[],"args":["a"],"startLine":1,"endLine":1,"heredocs":[]},' +
      '{"value":"copy","flags":["--from=x"],"args":["a","\\"b\\\\u0007é\\"","/"],"startLine":2,"endLine":2,"heredocs":[]},' +
      '{"value":"onbuild","flags":[],"args":[],"child":{"value":"run","flags":[],"args":["x"],"startLine":0,"endLine":0,' +
      '"heredocs":[]},"startLine":3,"endLine":3,"heredocs":[]}],"instrOk":true}',
  ]);
});

parse('a document for each file, and 1 where one cannot be read or parsed', async () => {
  const { code, lines } = await run(['doubtful', 'bad', 'missing', '.']);
  assert.is(code, 1);
  assert.equal(
    lines.map((line) => JSON.parse(line)).map(({ ok, instrOk, error }) => [ok, instrOk, error]),
    [
      [true, false, 'line 2: unknown instruction: RNU (did you mean RUN?)'],
      [false, undefined, 'line 2: ENV requires a name and a value'],
      [false, undefined, 'build file missing does not exist'],
      [false, undefined, 'build file . is a directory'],
    ],
  );
});

parse('an instruction that is wrong does not fail the command', async () => {
  assert.is((await run(['doubtful'])).code, 0);
});

parse('--format sexpr prints a line for each instruction, and errors to standard error', async () => {
  const { code, lines, stderr } = await run(['--format=sexpr', 'Dockerfile', 'bad']);
  assert.equal(lines, ['(from "a")', '(copy ["--from=x"] "a" "\\"b\\\\u0007é\\"" "/")', '(onbuild (run "x"))']);
  assert.match(stderr, 'bad: line 2: ENV requires a name and a value');
  assert.is(code, 1);
});

parse('with - a line comes out for every name that goes in', async () => {
  const names = ['Dockerfile', 'missing', '', 'bad'];
  const { code, lines } = await run(['-'], names.join('\n'));
  assert.is(code, 0);
  assert.equal(
    lines.map((line) => JSON.parse(line).ok),
    [true, false, false, false],
  );
});

parse('10,000 names', async () => {
  const { code, lines } = await run(['-'], 'Dockerfile\n'.repeat(10_000));
  assert.is(code, 0);
  assert.is(lines.length, 10_000);
  assert.is(new Set(lines).size, 1);
});

parse('names and - exclude each other', async () => {
  const { code, stderr } = await run(['-', 'bad']);
  assert.is(code, 2);
  assert.match(stderr, 'give names of files, or - to read them');
});

parse.run();
