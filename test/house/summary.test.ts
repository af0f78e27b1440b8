import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileRun, judge } from './summary.ts';

const summary = suite('summary of a test file');

function output(total: number, passed: number, skipped = 0): string {
  return ` name  • •   (${passed} / ${total})\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;
}

const sound: FileRun = { output: output(2, 2), status: 0, timedOut: false, text: '' };
// Put together from parts, so that this file is not taken for one that skips.
const skipping = `${'a.skip'}('the moon is full', () => {});\n`;

const cases: [string, Partial<FileRun>, boolean, { passed: number; failed: number; faults: string[] }][] = [
  ['a sound file', {}, true, { passed: 2, failed: 0, faults: [] }],
  ['a failed test', { output: output(2, 1), status: 1 }, true, { passed: 1, failed: 1, faults: [] }],
  ['no test ran', { output: output(0, 0) }, false, { passed: 0, failed: 1, faults: ['ran no test'] }],
  [
    'a crash at import',
    { output: 'SyntaxError', status: 1 },
    false,
    { passed: 0, failed: 1, faults: ['ended (1) without a summary'] },
  ],
  ['a before hook that throws', { output: output(2, 0) }, false, { passed: 0, failed: 2, faults: ['a hook threw'] }],
  [
    'a rejection after the tests',
    { status: 'SIGSEGV' },
    false,
    { passed: 2, failed: 1, faults: ['ended with SIGSEGV after its tests'] },
  ],
  ['a time-out', { output: '', timedOut: true }, false, { passed: 0, failed: 1, faults: ['timed out'] }],
  [
    'a skipped test, strict',
    { output: output(2, 2, 1), text: skipping },
    true,
    { passed: 2, failed: 1, faults: ['skipped: skip "the moon is full"'] },
  ],
  ['a skipped test', { output: output(2, 2, 1), text: skipping }, false, { passed: 2, failed: 0, faults: [] }],
  [
    'one suite of two is not run',
    { text: `const a = ${'suite'}('a');\nconst b = ${'suite'}('b');\na.run();\n` },
    false,
    { passed: 2, failed: 1, faults: ['the suite `b` has no b.run()'] },
  ],
  ['an inner summary comes first', { output: output(9, 3) + output(2, 2) }, true, { passed: 2, failed: 0, faults: [] }],
];

for (const [name, run, strict, expected] of cases) {
  summary(name, () => {
    const { passed, failed, faults } = judge({ ...sound, ...run }, strict);
    assert.equal({ passed, failed, faults }, expected);
  });
}

summary.run();
