// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, parse } from '../../grammar/index.ts';
import { formatTree, parseTree, type Tree, type TreeNode } from '../../grammar/tree/index.ts';
import { TsbuildError } from '../../src/base/error.ts';

const fuzz = suite('build files by the thousand');

const FOLDER = resolve(import.meta.dirname, '../../fixtures/dockerfiles');
const CORPUS = readdirSync(FOLDER)
  .sort()
  .map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

fuzz('there are 30 of them, of 15 lines and more', () => {
  assert.ok(CORPUS.length >= 30);
  for (const { name, text } of CORPUS) assert.ok(text.split('\n').length > 15, name);
});

for (const { name, text } of CORPUS) {
  fuzz(`${name} parses`, () => {
    assert.equal(
      parse({ name, text }).errors.map((error) => error.message),
      [],
    );
    const tree = parseTree(text);
    assert.ok(tree.ok && tree.instrOk, tree.error);
    assertRoundTrip(tree);
  });
}

function withoutLines({ startLine, endLine, child, ...rest }: TreeNode): unknown {
  assert.ok(startLine <= endLine);
  return { ...rest, child: child && withoutLines(child) };
}

function assertRoundTrip(tree: Tree): void {
  const again = parseTree(formatTree(tree));
  assert.ok(again.ok, again.error);
  assert.is(again.escape, tree.escape);
  assert.equal(again.nodes.map(withoutLines), tree.nodes.map(withoutLines));
  assert.is(again.instrOk, tree.instrOk);
}

const PIECES = [
  ...['FROM a', 'RUN', 'COPY', 'ENV', 'LABEL', 'ARG', 'ONBUILD', 'HEALTHCHECK', 'CMD', 'VOLUME', 'USER', 'nope'],
  ...['\n', '\n', '\r\n', ' ', ' ', '\t', '\\\n', '`\n', '\\', '`', '# c\n', '--from=a', '--x="a b"', '-- ', '<<E'],
  ...[
    '"',
    "'",
    '[',
    ']',
    '["a", "b"]',
    '["a",',
    '<<-"E"',
    '<< E',
    '\nE\n',
    'a=b',
    '=',
    '$x',
    '}',
    'é',
    '\u00a0',
    '\uFEFF',
    '\u0085',
    'x',
  ],
];
const HEADS = ['', '# escape=`\n', '\uFEFF', '# syntax=x\n'];
const files = fc
  .tuple(fc.constantFrom(...HEADS), fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }))
  .map(([head, pieces]) => head + pieces.join(''));

fuzz('tree → text → tree is the identity', () => {
  fc.assert(
    fc.property(files, (text) => {
      const tree = parseTree(text);
      if (tree.ok) assertRoundTrip(tree);
    }),
    { numRuns: 2000, seed: 20 },
  );
});

fuzz('a file that parses has instructions that the reference takes', () => {
  fc.assert(
    fc.property(files, (text) => {
      if (parse({ name: 'Dockerfile', text }).errors.length > 0) return;
      const tree = parseTree(text);
      assert.ok(tree.ok && tree.instrOk, tree.error);
    }),
    { numRuns: 1500, seed: 21 },
  );
});

/** xorshift: the same inputs in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const INSERTS = [
  '\\\n',
  '\n',
  '"',
  "'",
  '${',
  '}',
  '<<',
  '[',
  ']',
  '\\',
  '`',
  '--',
  '\u0000',
  '\r',
  '#',
  '\uD83D',
  '=',
];

/** Cuts a stretch out of a file, changes it in one to four places and joins it with a stretch of another. */
function mutate(random: (below: number) => number): string {
  const stretch = () => {
    const { text } = CORPUS[random(CORPUS.length)] as { text: string };
    const start = random(text.length);
    return text.slice(start, start + random(250));
  };
  let text = `FROM a\n${stretch()}${stretch()}`;
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(text.length);
    const insert = random(3) === 0 ? '' : (INSERTS[random(INSERTS.length)] ?? '');
    text = text.slice(0, at) + insert + text.slice(at + random(3));
  }
  return text;
}

/** Whatever is thrown must be ours. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code === 'INTERNAL') throw error;
  }
}

fuzz('none of 50,000 mutations makes parsing, expansion or the printed tree fail', () => {
  const random = randomOf(1907);
  const kinds = new Set<string>();
  for (let count = 0; count < 50_000; count++) {
    const text = mutate(random);
    const tree = parseTree(text);
    kinds.add(`${tree.ok} ${tree.ok && tree.instrOk}`);
    assert.ok(JSON.stringify(tree).length > 0);
    if (tree.ok)
      for (const { args } of tree.nodes)
        attempt(() => expand(args.join(' '), (name) => (name < 'T' ? name : undefined)));
    if (count % 5 === 0) parse({ name: 'Dockerfile', text });
  }
  assert.is(kinds.size, 3);
});

fuzz.run();
