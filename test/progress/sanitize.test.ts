import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sanitize } from '../../src/progress/sanitize.ts';

const sanitizing = suite('text from outside on a terminal');

const cases: [name: string, input: string, colored: string, plain: string][] = [
  ['plain text', 'plain text', 'plain text', 'plain text'],
  ['tabs stay', 'a\tb', 'a\tb', 'a\tb'],
  ['letters of any script stay', 'Zürich 日本語 🚀', 'Zürich 日本語 🚀', 'Zürich 日本語 🚀'],
  ['colours stay where they are wanted', '\u001b[1;32mok\u001b[0m', '\u001b[1;32mok\u001b[0m', 'ok'],
  ['colours with colons', '\u001b[38:5:1mred\u001b[m', '\u001b[38:5:1mred\u001b[m', 'red'],
  ['an open colour is closed', '\u001b[31mred', '\u001b[31mred\u001b[0m', 'red'],
  ['clearing the screen', 'a\u001b[2J\u001b[Hb', 'ab', 'ab'],
  ['moving the cursor', 'a\u001b[10;20Hb\u001b[3Ac', 'abc', 'abc'],
  ['private modes', '\u001b[?1049h\u001b[?25lx', 'x', 'x'],
  ['the window title', '\u001b]0;evil\u0007x', 'x', 'x'],
  ['the clipboard, ended by ST', '\u001b]52;c;ZXZpbA==\u001b\\x', 'x', 'x'],
  ['a string without an end', 'x\u001b]8;;http://evil', 'x', 'x'],
  ['device control', '\u001bP$q"p\u001b\\x', 'x', 'x'],
  ['a hyperlink keeps its text', '\u001b]8;;http://a\u0007text\u001b]8;;\u0007', 'text', 'text'],
  ['8-bit control sequences', 'a\u009b2Jb\u0085c', 'abc', 'abc'],
  ['full reset', '\u001bcx', 'x', 'x'],
  ['character sets', '\u001b(0x', 'x', 'x'],
  ['a lone escape', 'x\u001b', 'x', 'x'],
  ['an escape cut short', 'x\u001b[12', 'x12', 'x12'],
  ['bell, backspace, NUL, DEL', 'a\u0007b\bc\0d\u007fe', 'abcde', 'abcde'],
  ['carriage returns', 'good\revil', 'goodevil', 'goodevil'],
  ['line feeds show as spaces', 'a\nb', 'a b', 'a b'],
  ['bidirectional overrides', 'a\u202eb\u2066c', 'abc', 'abc'],
];

for (const [name, input, colored, plain] of cases) {
  sanitizing(name, () => {
    assert.is(sanitize(input, true), colored);
    assert.is(sanitize(input, false), plain);
  });
}

sanitizing('many unfinished sequences take linear time', () => {
  const begin = performance.now();
  sanitize('\u001b]'.repeat(50_000) + '\u001b['.repeat(50_000) + '\u001b[0;'.repeat(50_000), true);
  assert.ok(performance.now() - begin < 1000);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const COLOR = /\u001b\[[0-9;:]*m/g;
const CONTROL = /[^\P{Cc}\t]/u;
const pieces = fc.constantFrom(
  '\u001b',
  '[',
  ']',
  '\u009b',
  '\u0007',
  '\\',
  '0',
  ';',
  'm',
  'J',
  'P',
  '\n',
  'text',
  '日',
  ' ',
);

sanitizing('whatever comes in, only text and complete colours come out', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))), fc.boolean(), (parts, color) => {
      const clean = sanitize(parts.join(''), color);
      const text = color ? clean.replaceAll(COLOR, '') : clean;
      assert.not.match(text, CONTROL);
      assert.is(sanitize(clean, color), clean);
    }),
  );
});

sanitizing.run();
