import { Lexer } from 'chevrotain';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Instruction, parse } from '../../grammar/index.ts';
import { InstructionParser } from '../../grammar/parser.ts';
import { VOCABULARY } from '../../grammar/token.ts';
import type { SourceRange } from '../../src/base/source.ts';

const files = suite('build files');

function messages(text: string): string[] {
  return parse({ name: 'Dockerfile', text }).errors.map((error) => error.message);
}

files('the grammar is sound', () => {
  assert.not.throws(() => new InstructionParser({ skipValidations: false }));
});

files('the lexer is sound', () => {
  const lexer = new Lexer(VOCABULARY, { positionTracking: 'onlyOffset', deferDefinitionErrorsHandling: true });
  assert.equal(lexer.lexerDefinitionErrors, []);
});

const whole: [string, string, string[]][] = [
  ['empty', '', ['the build file has no instructions']],
  ['comments only', '# a\n\n  # b\n', ['the build file has no instructions']],
  ['no FROM', 'ARG a', ['the build file has no FROM']],
  [
    'something before FROM',
    'ARG a\nRUN x\nUSER y\nFROM b',
    ['no build stage in current context: RUN comes before the first FROM'],
  ],
  ['a mistyped FROM is not blamed twice', 'FORM a\nRUN x', ['unknown instruction: FORM']],
  ['a broken FROM is not blamed twice', 'FROM a b\nRUN x', ['FROM requires either one or three arguments']],
  ['ARG before FROM', 'ARG a=1\nFROM $a', []],
];

for (const [name, text, expected] of whole) {
  files(name, () => assert.equal(messages(text), expected));
}

files('a file that is no build file has not more than 100 errors', () => {
  assert.is(messages('nonsense\n'.repeat(10_000)).length, 100);
});

/** Every range of a tree, with the text of the word that it belongs to. */
function rangesOf(value: unknown, found: { range: SourceRange; text: string | undefined }[] = []) {
  if (Array.isArray(value)) for (const element of value) rangesOf(element, found);
  else if (typeof value === 'object' && value !== null) {
    const node = value as { range?: SourceRange; text?: string; source?: unknown };
    if (node.range !== undefined) found.push({ range: node.range, text: node.text });
    for (const [key, child] of Object.entries(node)) if (!/range$|^source$/i.test(key)) rangesOf(child, found);
  }
  return found;
}

const FRAGMENTS = [
  'FROM',
  'RUN',
  'COPY',
  'ENV',
  'ARG',
  'ONBUILD',
  'HEALTHCHECK',
  'CMD',
  'LABEL',
  '\n',
  '\n',
  '\r\n',
  ' ',
  ' ',
  '\t',
  '\\\n',
  '`\n',
  '# c\n',
  '# escape=`\n',
  '--from=a',
  '--mount=type=cache,target=/x',
  '--',
  '"',
  "'",
  '[',
  ']',
  '["a"]',
  '["a",',
  '<<EOF',
  '<<-"E"',
  'EOF\n',
  'E\n',
  'a=b',
  '=',
  '$x',
  '${x:-',
  '}',
  'é😀',
  '\uFEFF',
  '\u0000',
  '\uD800',
  'NONE',
  'AS',
];

const text = fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }).map((parts) => parts.join(''));

files('no text makes the parser throw, and all ranges lie in the text', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (source) => {
      const { file, errors } = parse({ name: 'Dockerfile', text: source });
      const ranges = [
        ...rangesOf(file.instructions),
        ...errors.map((error) => ({ range: error.location, text: undefined })),
      ];
      for (const { range } of ranges) {
        assert.ok(range !== undefined && range.start.offset <= range.end.offset && range.end.offset <= source.length);
      }
    }),
    { numRuns: 2000 },
  );
});

files('a word on one line is the text at its range', () => {
  const source = `ARG v="1 2"
FROM --platform=linux/amd64 base:$v AS build
RUN --mount=type=bind,target=/x --network=none a b
COPY --from=build --chown=1:2 a b \\
  # comment
  c/
ENV a=b c="d e"
EXPOSE 80 81
HEALTHCHECK --retries=3 CMD curl x
`;
  const { file } = parse({ name: 'Dockerfile', text: source });
  const skipped = new Set<unknown>(['COPY --from=build --chown=1:2 a b   c/']);
  const words = rangesOf(file.instructions as Instruction[]).filter(
    ({ text }) => text !== undefined && !skipped.has(text),
  );
  assert.ok(words.length > 30);
  for (const { range, text } of words) assert.is(source.slice(range.start.offset, range.end.offset), text);
});

const hostile: [string, string][] = [
  ['one long line', `FROM a\nRUN ${'a'.repeat(2e6)}`],
  ['continuations', `FROM a\nRUN a ${'\\\n b'.repeat(3e5)}`],
  ['comments', `${'#\n'.repeat(5e5)}FROM a`],
  ['blanks', `FROM a\nRUN x${' '.repeat(2e6)}`],
  ['escapes', `FROM a\nRUN ${'\\ '.repeat(1e6)}x`],
  ['a heredoc', `FROM a\nRUN <<E\n${'abc\n'.repeat(5e5)}E\n`],
  ['heredocs', `FROM a\nCOPY ${'<<E '.repeat(2e4)}/x\n${'E\n'.repeat(2e4)}`],
  ['pairs', `FROM a\nENV ${'a=b '.repeat(1e5)}`],
  ['strings', `FROM a\nCMD [${'"a",'.repeat(1e5)}"a"]`],
  ['flags', `FROM a\nRUN ${'--mount=target=/x '.repeat(2e4)}x`],
  ['a quote without end', `FROM a\nENV a="${'b '.repeat(1e6)}`],
  ['ONBUILD of ONBUILD', `FROM a\n${'ONBUILD '.repeat(1e5)}RUN x`],
  ['nested arrays', `FROM a\nCMD ${'['.repeat(1e6)}`],
];

for (const [name, source] of hostile) {
  files(`linear time: ${name}`, () => {
    const start = performance.now();
    parse({ name: 'Dockerfile', text: source });
    assert.ok(performance.now() - start < 5000);
  });
}

files.run();
