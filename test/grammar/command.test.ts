import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandForm } from '../../grammar/index.ts';
import { errorsOf, one, place, texts } from './parsed.ts';

const commands = suite('RUN, CMD, ENTRYPOINT, SHELL');

function shown(command: CommandForm): string | string[] {
  return command.form === 'shell' ? command.command.text : texts(command.args);
}

const forms: [string, string, string | string[]][] = [
  ['shell form keeps the text', 'RUN a  "b c" \'d\' $e && f', 'a  "b c" \'d\' $e && f'],
  ['exec form', 'RUN ["a", "b c"]', ['a', 'b c']],
  ['escapes of JSON', 'RUN ["a\\"\\u0041\\n"]', ['a"A\n']],
  ['blanks in the array', 'RUN [ "a" ,\t"b" ] ', ['a', 'b']],
  ['over several lines', 'RUN ["a", \\\n  "b"]', ['a', 'b']],
  ['trap 4: single quotes are shell form', "RUN ['a', 'b']", "['a', 'b']"],
  ['trap 4: an array without end is shell form', 'RUN ["a"', '["a"'],
  ['trap 4: something behind the array is shell form', 'RUN ["a"] && b', '["a"] && b'],
  ['trap 4: a comma at the end is shell form', 'RUN ["a",]', '["a",]'],
  ['the test command', 'RUN [ -f x ]', '[ -f x ]'],
  ['flags only at the beginning', 'RUN a --network=none', 'a --network=none'],
  ['-- ends the flags', 'RUN -- --network=none', '--network=none'],
  ['-- ends the flags before JSON', 'RUN -- ["a"]', ['a']],
  ['JSON behind flags', 'RUN --network=none ["a"]', ['a']],
];

for (const [name, text, expected] of forms) {
  commands(name, () => assert.equal(shown(one('RUN', text).command), expected));
}

commands('CMD and ENTRYPOINT may be empty', () => {
  assert.equal(shown(one('CMD', 'CMD []').command), []);
  assert.equal(shown(one('ENTRYPOINT', 'ENTRYPOINT []').command), []);
  assert.equal(shown(one('CMD', 'CMD').command), '');
});

commands('words of an array point at their strings', () => {
  const { command } = one('RUN', 'FROM a\nRUN ["a", \\\n "bc"]');
  assert.equal(command.form === 'exec' ? command.args.map((word) => place(word.range)) : [], ['2:6-2:9', '3:2-3:6']);
});

commands('trap 57: SHELL is JSON only', () => {
  assert.equal(texts(one('SHELL', 'SHELL ["/bin/bash", "-c"]').args), ['/bin/bash', '-c']);
  assert.equal(errorsOf('SHELL /bin/bash -c'), ['2:7 SHELL requires its arguments in JSON form']);
  assert.equal(errorsOf('SHELL []'), ['2:1 SHELL requires at least one argument']);
});

const wrong: [string, string, string][] = [
  ['trap 4: a number in the array', 'RUN ["a", 1]', '2:5 a JSON array must hold strings only'],
  ['trap 4: null in the array', 'CMD [null]', '2:5 a JSON array must hold strings only'],
  ['trap 4: an array in the array', 'ENTRYPOINT [["a"]]', '2:12 a JSON array must hold strings only'],
  ['trap 4: in COPY too', 'COPY [1, "a"]', '2:6 a JSON array must hold strings only'],
  ['nothing to run', 'RUN', '2:1 RUN requires a command'],
  ['an empty array to run', 'RUN []', '2:1 RUN requires a command'],
  ['CMD takes no flags', 'CMD --help', '2:5 CMD has no flag --help: it takes no flags'],
  ['an unknown network', 'RUN --network=hots a', '2:15 invalid value "hots" of --network'],
  ['an unknown security mode', 'RUN --security=no a', '2:16 invalid value "no" of --security'],
];

for (const [name, text, message] of wrong) {
  commands(name, () => assert.equal(errorsOf(text), [message]));
}

commands('flags of RUN', () => {
  const run = one('RUN', 'RUN --network=host --security=insecure --device=a --device=b,required x');
  assert.is(run.network?.mode, 'host');
  assert.is(run.security?.mode, 'insecure');
  assert.equal(texts(run.devices), ['a', 'b,required']);
});

commands.run();
