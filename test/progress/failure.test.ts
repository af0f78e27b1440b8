import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError, TsbuildErrors } from '../../src/base/error.ts';
import { renderError } from '../../src/progress/failure.ts';

const failures = suite('errors on a terminal');

const source = { name: 'Dockerfile', text: 'FROM x\nRUN false\n' };
const location = { start: { line: 2, column: 1, offset: 7 }, end: { line: 2, column: 10, offset: 16 } };
const frame =
  'Dockerfile:2\n--------------------\n   1 |     FROM x\n   2 | >>> RUN false\n   3 |\n--------------------\n';

const cases: [name: string, error: unknown, text: string][] = [
  ['a message', new TsbuildError('NOT_FOUND', 'no such stage: x'), 'ERROR: no such stage: x\n'],
  [
    'all there can be, in the order in which it is read',
    new TsbuildError('STEP_FAILED', 'exit code: 1', {
      notes: ['make: *** [all] Error 2'],
      source,
      location,
      hint: 'look at the output',
    }),
    `------\nmake: *** [all] Error 2\n------\n${frame}ERROR: exit code: 1\nhint: look at the output\n`,
  ],
  [
    'several errors of one file',
    new TsbuildErrors([new TsbuildError('SYNTAX', 'one', { source, location }), new TsbuildError('SYNTAX', 'two')]),
    `${frame}ERROR: one\n\nERROR: two\n`,
  ],
  ['a message of several lines', new TsbuildError('INVALID', 'first\nsecond'), 'ERROR: first\nsecond\n'],
  ['an error of the system', Object.assign(new Error('EACCES: denied'), { code: 'EACCES' }), 'ERROR: EACCES: denied\n'],
  ['a defect', new TypeError('x is undefined'), 'ERROR: x is undefined\n'],
  ['a thrown text', 'oops', 'ERROR: oops\n'],
  [
    'hostile text',
    new TsbuildError('REGISTRY', '\u001b[2Jgone', { notes: ['\u001b]0;t\u0007\u001b[31mred'], hint: '\u0007x' }),
    '------\nred\n------\nERROR: gone\nhint: x\n',
  ],
];

for (const [name, error, text] of cases) {
  failures(name, () => assert.is(renderError(error, { color: false, columns: 80 }), text));
}

failures('colours mark the error, the place and the hint', () => {
  const error = new TsbuildError('INVALID', 'bad', { source, location, hint: 'good', notes: ['\u001b[35mlog'] });
  const text = renderError(error, { color: true, columns: 80 });
  assert.ok(text.includes('\u001b[1m\u001b[31mERROR:\u001b[39m\u001b[22m bad'));
  assert.ok(text.includes('\u001b[31m>>>\u001b[39m'));
  assert.ok(text.includes('\u001b[36mhint:\u001b[39m good'));
  assert.ok(text.includes('\u001b[35mlog\u001b[0m\n'));
});

failures.run();
