import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOnbuild } from '../../grammar/index.ts';
import { errorsOf, one } from './parsed.ts';

const onbuild = suite('ONBUILD');

onbuild('wraps the parsed instruction and keeps its text', () => {
  const { instruction, trigger, text } = one('ONBUILD', 'onbuild  RUN --network=none a \\\n  b');
  assert.is(trigger, 'RUN --network=none a   b');
  assert.is(text, 'onbuild  RUN --network=none a   b');
  assert.is(instruction.kind === 'RUN' && instruction.network?.mode, 'none');
});

onbuild('trap 8: heredocs are part of the trigger, and are read back', () => {
  const { trigger } = one('ONBUILD', 'ONBUILD COPY <<-"a" <<b /x/\n\t1\n\ta\n2\nb');
  assert.is(trigger, 'COPY <<-"a" <<b /x/\n\t1\na\n2\nb');
  const { instruction, errors } = parseOnbuild(trigger);
  assert.equal(errors, []);
  assert.equal(
    instruction?.heredocs.map((heredoc) => [heredoc.name, heredoc.content]),
    [
      ['a', '1\n'],
      ['b', '2\n'],
    ],
  );
});

onbuild('a trigger is parsed as one instruction', () => {
  assert.is(parseOnbuild('ADD . /app').instruction?.kind, 'ADD');
  assert.is(parseOnbuild('ARG x').instruction?.kind, 'ARG');
});

const triggers: [string, string][] = [
  ['', 'an ONBUILD trigger is empty'],
  ['# RUN x', 'an ONBUILD trigger is empty'],
  ['RUN a\nRUN b', 'an ONBUILD trigger holds more than one instruction'],
  ['FROM x', 'FROM is not allowed in ONBUILD'],
  ['ONBUILD RUN x', 'ONBUILD is not allowed in ONBUILD'],
  ['NOPE x', 'unknown instruction: NOPE'],
];

for (const [text, message] of triggers) {
  onbuild(`the trigger ${JSON.stringify(text)} is an error`, () => {
    const { instruction, errors } = parseOnbuild(text);
    assert.is(instruction, undefined);
    assert.equal(
      errors.map((error) => error.message),
      [message],
    );
  });
}

const wrong: [string, string][] = [
  ['ONBUILD', '2:1 ONBUILD requires an instruction'],
  ['ONBUILD ONBUILD RUN x', '2:9 ONBUILD is not allowed in ONBUILD'],
  ['ONBUILD FROM x', '2:9 FROM is not allowed in ONBUILD'],
  ['ONBUILD maintainer x', '2:9 MAINTAINER is not allowed in ONBUILD'],
  ['ONBUILD RNU x', '2:9 unknown instruction: RNU'],
  ['ONBUILD --x RUN x', '2:9 ONBUILD has no flag --x: it takes no flags'],
  ['ONBUILD COPY --x a b', '2:14 COPY has no flag --x'],
  ['ONBUILD COPY a', '2:9 COPY requires at least two arguments: a source and a destination'],
];

for (const [text, message] of wrong) {
  onbuild(`${text} is an error`, () => assert.equal(errorsOf(text), [message]));
}

onbuild.run();
