import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { instructionAt } from '../../src/frontend/at-line.ts';
import { parseBuildFile } from '../../src/frontend/parse.ts';

const test = suite('the instruction at a line');

const TEXT = `# syntax=docker/dockerfile:1
ARG BASE=scratch
FROM $BASE AS one
# about it
RUN <<A cat <<B
a
A
b
B

FROM scratch
RUN one \\
  # two
\\
  three
ONBUILD RUN later
FROM scratch AS last
# the end`;

const FOUND: [line: number, stage: number, text: string][] = [
  [5, 0, 'RUN <<A cat <<B'],
  [7, 0, 'RUN <<A cat <<B'],
  [9, 0, 'RUN <<A cat <<B'],
  [12, 1, 'RUN one   three'],
  [13, 1, 'RUN one   three'],
  [15, 1, 'RUN one   three'],
  [16, 1, 'ONBUILD RUN later'],
];

const file = parseBuildFile({ name: 'Dockerfile', text: TEXT });

for (const [line, stage, text] of FOUND) {
  test(`line ${line} is of ${text}`, () => {
    const found = instructionAt(file, line);
    assert.equal([found.stage.index, found.instruction.text], [stage, text]);
  });
}

const REFUSED: [line: number, message: string, hint: string | undefined, framed: number | undefined][] = [
  [1, 'line 1 has no instruction', 'the next one is ARG in line 2', 1],
  [2, 'line 2 is in no stage', 'choose a line below a FROM', 2],
  [3, 'line 3 begins a stage: there are no files before it', 'line 5 shows what the stage begins with', 3],
  [4, 'line 4 has no instruction', 'the next one is RUN in line 5', 4],
  [10, 'line 10 has no instruction', 'the next one is FROM in line 11', 10],
  [
    17,
    'line 17 begins a stage: there are no files before it',
    'the stage is its base image alone: look at that with `tsbuild run`',
    17,
  ],
  [18, 'line 18 has no instruction', 'choose a line above', 18],
  [19, 'there is no line 19 in Dockerfile: it has 18', undefined, undefined],
];

for (const [line, message, hint, framed] of REFUSED) {
  test(message, () => {
    try {
      instructionAt(file, line);
    } catch (error) {
      assert.instance(error, TsbuildError);
      const { message: said, hint: next, location } = error as TsbuildError;
      assert.equal([said, next, location?.start.line], [message, hint, framed]);
      return;
    }
    assert.unreachable('nothing is wrong with it');
  });
}

test.run();
