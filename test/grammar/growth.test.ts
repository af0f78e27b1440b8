// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, parse } from '../../grammar/index.ts';
import { parseTree } from '../../grammar/tree/index.ts';

const growth = suite('work in proportion to the text');

/** A text of about `size` characters, hostile in a way of its own. */
const SHAPES: Record<string, (size: number) => string> = {
  'many lines': (size) => `FROM a\n${'RUN echo one\n'.repeat(size / 13)}`,
  'one long line': (size) => `FROM a\nRUN ${'a '.repeat(size / 2)}`,
  'a chain of continuations': (size) => `FROM a\nRUN a ${'\\\n b'.repeat(size / 4)}`,
  'escapes alone': (size) => `FROM a\n${'\\\n'.repeat(size / 2)}`,
  comments: (size) => `${'#c\n'.repeat(size / 3)}FROM a`,
  'many heredocs of a line': (size) => `FROM a\nCOPY ${'<<E '.repeat(size / 6)}/x\n${'E\n'.repeat(size / 6)}`,
  'markers without end': (size) => `FROM a\n${'RUN <<E\n'.repeat(size / 8)}`,
  'many flags': (size) => `FROM a\nRUN ${'--mount=target=/x '.repeat(size / 18)}x`,
  'a JSON array': (size) => `FROM a\nCMD [${'"a",'.repeat(size / 4)}"a"]`,
  'brackets that are none': (size) => `FROM a\nCMD ${'['.repeat(size)}`,
  pairs: (size) => `FROM a\nENV ${'a=b '.repeat(size / 4)}`,
  'quotes without end': (size) => `FROM a\nENV a="${'b\\" '.repeat(size / 4)}`,
  'nested variables': (size) => `FROM a\nCOPY ${'${a:-'.repeat(size / 6)}${'}'.repeat(size / 6)} /x`,
  'nested variables before a heredoc': (size) =>
    `FROM a\nRUN ${'${a:-'.repeat(size / 6)}${'}'.repeat(size / 6)} <<E\nE`,
  ONBUILD: (size) => `FROM a\n${'ONBUILD '.repeat(size / 8)}RUN x`,
  errors: (size) => 'nonsense\n'.repeat(size / 9),
};

/** CPU time of this process in milliseconds, the lesser of two runs: what other processes do does not count. */
function cost(work: () => unknown): number {
  const runs = [0, 1].map(() => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...runs);
}

const SMALL = 25_000;
const FACTOR = 16;

/**
 * Sixteen times the text costs a quadratic algorithm 256 times the work. 80 is far from both; what takes less than
 * some milliseconds is not compared, since there is nothing to measure.
 */
function assertLinear(name: string, work: (text: string) => unknown): void {
  const shape = SHAPES[name];
  assert.ok(shape);
  const [small, large] = [shape(SMALL), shape(SMALL * FACTOR)];
  work(small);
  const base = Math.max(
    cost(() => work(small)),
    3,
  );
  const grown = cost(() => work(large));
  assert.ok(grown < 5 * FACTOR * base, `${grown} ms for ${FACTOR} times the text that took ${base} ms`);
}

for (const name of Object.keys(SHAPES)) {
  growth(`${name}: the typed tree`, () => assertLinear(name, (text) => parse({ name: 'Dockerfile', text })));
  growth(`${name}: the tree that is printed`, () => assertLinear(name, (text) => JSON.stringify(parseTree(text))));
}

growth('10,000 levels of ${a:-${b:-…}} overflow no stack', () => {
  const word = `${'${a:-${b:-'.repeat(10_000)}x${'}}'.repeat(10_000)}`;
  assert.is(expand(word, () => undefined).value, 'x');
  const tree = parseTree(`FROM a\nENV v=${word}\n`);
  assert.ok(tree.ok && tree.instrOk);
  assert.equal(parse({ name: 'Dockerfile', text: `FROM a\nENV v=${word}\nRUN ${word} <<E\nE` }).errors, []);
});

growth('ONBUILD in ONBUILD ends', () => {
  assert.equal(parseTree(`FROM a\n${'ONBUILD '.repeat(10_000)}RUN x`), {
    ok: false,
    error: 'line 2: ONBUILD is nested too deeply',
  });
});

growth.run();
