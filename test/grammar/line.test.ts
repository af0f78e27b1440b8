import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instructionsOf, one, place } from './parsed.ts';

const lines = suite('logical lines');

const joined: [string, string, string][] = [
  ['trap 1: a continuation joins with nothing', 'RUN a\\\nb', 'RUN ab'],
  ['trap 1: blanks after the escape still continue', 'RUN a\\ \t \nb', 'RUN ab'],
  ['trap 1: the blanks of the next line stay', 'RUN a \\\n  b', 'RUN a   b'],
  ['trap 1: an escape alone on the first line', '\\\nRUN a', 'RUN a'],
  ['trap 1: a keyword cut in two', 'RU\\\nN a', 'RUN a'],
  ['trap 1: CRLF', 'RUN a \\\r\n b\r\n', 'RUN a  b'],
  ['trap 1: at the end of the file', 'RUN a \\', 'RUN a'],
  ['trap 2: a comment inside drops out', 'RUN a \\\n# c\n b', 'RUN a  b'],
  ['trap 2: a comment with an escape at its end', 'RUN a \\\n  # c \\\n b', 'RUN a  b'],
  ['trap 2: a blank line inside drops out', 'RUN a \\\n\n b', 'RUN a  b'],
  ['a # inside the line is no comment', 'RUN a # b', 'RUN a # b'],
  ['blanks before the keyword', ' \tRUN a', 'RUN a'],
  ['the other escape character', 'RUN dir c:\\', 'RUN dir c:\\'],
];

for (const [name, text, expected] of joined) {
  lines(name, () => {
    const escaped = name.includes('other') ? `# escape=\`\nFROM a\n${text}` : `FROM a\n${text}`;
    assert.is(instructionsOf(escaped).at(-1)?.text, expected);
  });
}

lines('trap 1: a doubled escape at the end of a line does not continue it', () => {
  const found = instructionsOf('FROM a\nRUN a\\\\\nRUN b').map((instruction) => instruction.text);
  assert.equal(found, ['FROM a', 'RUN a\\\\', 'RUN b']);
});

lines('the escape directive decides what continues', () => {
  assert.is(instructionsOf('# escape=`\nFROM a\nRUN a`\nb').at(-1)?.text, 'RUN ab');
});

lines('trap 2: blank lines inside a continuation are noted with their place', () => {
  const run = one('RUN', 'FROM a\nRUN a \\\n\n \\\n  \t\n b');
  assert.equal(run.emptyContinuations.map(place), ['3:1-3:1', '5:1-5:4']);
});

lines('ranges skip what was dropped', () => {
  const copy = one('COPY', 'FROM a\nCOPY --chown=1 \\\n  # comment\n  src \\\n  dst');
  assert.is(place(copy.range), '2:1-5:6');
  assert.is(place(copy.chown?.range), '2:14-2:15');
  assert.is(place(copy.destination.range), '5:3-5:6');
});

lines('a word over two lines has a range over two lines', () => {
  const user = one('USER', 'FROM a\nUSER ab\\\ncd');
  assert.is(user.word.text, 'abcd');
  assert.is(place(user.word.range), '2:6-3:3');
});

lines('comments directly above belong to an instruction, and a blank line cuts them off', () => {
  const [from, run] = instructionsOf('# far\n\n# near\n# nearer\nFROM a\n# c\nRUN x');
  assert.equal(
    from?.comments.map((comment) => comment.text),
    ['near', 'nearer'],
  );
  assert.is(place(run?.comments[0]?.range), '6:1-6:4');
});

lines('columns count UTF-16 units', () => {
  assert.is(place(one('USER', 'FROM a\nUSER 😀x').word.range), '2:6-2:9');
});

lines.run();
