import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RULES } from '../../src/frontend/lint/rules/index.ts';
import { linted } from './linted.ts';
import { rulesPage } from './rules-page.ts';

const test = suite('the page of the rules');

test('docs/rules.md is what the rules say: test/frontend/rules-page-script.ts writes it', () => {
  assert.fixture(readFileSync('docs/rules.md', 'utf8'), rulesPage());
});

test('there are the 22 rules of the reference, each once', () => {
  assert.is(new Set(RULES.map(({ name }) => name)).size, 22);
  assert.is(RULES.length, 22);
});

for (const { name, bad, good, ignore = '', experimental } of RULES) {
  const rule = experimental ? `# check=experimental=${name}\n` : '';

  test(`${name} warns of its bad example, and nothing else does`, async () => {
    const { findings } = await linted(rule + bad, { ignore });
    assert.equal([...new Set(findings.map((finding) => finding.rule))], [name]);
  });

  test(`${name} has nothing against its good example, and nothing else has`, async () => {
    assert.equal((await linted(rule + good, { ignore })).findings, []);
  });

  test(`${name} can be left out for a file`, async () => {
    const skip = `# check=skip=${name}${experimental ? ';experimental=all' : ''}\n`;
    assert.equal((await linted(skip + bad, { ignore })).findings, []);
  });
}

test.run();
