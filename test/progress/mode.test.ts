import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Environment, type ProgressMode, resolveMode, wantsColor } from '../../src/progress/mode.ts';

const modes = suite('choice of the display');

const terminal = { write: () => true, isTTY: true };
const pipe = { write: () => true };

const choices: [ProgressMode, typeof pipe, Environment, ProgressMode][] = [
  ['auto', terminal, { TERM: 'xterm' }, 'tty'],
  ['auto', terminal, {}, 'tty'],
  ['auto', terminal, { TERM: 'dumb' }, 'plain'],
  ['auto', pipe, { TERM: 'xterm' }, 'plain'],
  ['tty', pipe, {}, 'tty'],
  ['plain', terminal, {}, 'plain'],
  ['quiet', terminal, {}, 'quiet'],
  ['rawjson', terminal, {}, 'rawjson'],
];

for (const [mode, stream, environment, expected] of choices) {
  const where = stream === terminal ? 'a terminal' : 'a pipe';
  modes(`${mode} on ${where} with ${JSON.stringify(environment)} is ${expected}`, () => {
    assert.is(resolveMode(mode, stream, environment), expected);
  });
}

const colors: ['auto' | 'always' | 'never', typeof pipe, Environment, boolean][] = [
  ['auto', terminal, { TERM: 'xterm' }, true],
  ['auto', terminal, { TERM: 'dumb' }, false],
  ['auto', terminal, { NO_COLOR: '1' }, false],
  ['auto', terminal, { NO_COLOR: '' }, true],
  ['auto', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['auto', pipe, {}, false],
  ['auto', pipe, { FORCE_COLOR: '1' }, true],
  ['auto', terminal, { FORCE_COLOR: '0' }, false],
  ['always', pipe, { NO_COLOR: '1' }, true],
  ['never', terminal, { FORCE_COLOR: '1' }, false],
];

for (const [flag, stream, environment, expected] of colors) {
  const where = stream === terminal ? 'a terminal' : 'a pipe';
  modes(`colour ${flag} on ${where} with ${JSON.stringify(environment)}: ${expected}`, () => {
    assert.is(wantsColor(flag, stream, environment), expected);
  });
}

modes.run();
