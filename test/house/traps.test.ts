import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** How many places of the language are known in which builders go wrong; each has a number. */
const COUNT = 61;
/** A test is called `trap N: …`, or `trap: 'N: …'` is its row in a table. Others of the table need no word for it. */
const NAMED = /\btrap (\d+)[:,]|\btrap: ['"`](\d+): /g;
const TESTS = join(import.meta.dirname, '..');

const traps = suite('the traps of the language');

traps(`each of the ${COUNT} has a test that is named after it`, () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(join(TESTS, name), 'utf8'));
  const found = new Set(texts.flatMap((text) => [...text.matchAll(NAMED)].map(([, test, row]) => Number(test ?? row))));
  const numbers = Array.from({ length: COUNT }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !found.has(number));
  assert.equal(missing, []);
  assert.equal(
    [...found].filter((number) => !numbers.includes(number)),
    [],
  );
  console.log(`note: ${COUNT - missing.length} of ${COUNT} traps have tests`);
});

traps.run();
