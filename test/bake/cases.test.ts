import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printSelection, selectBake } from '../../src/bake/index.ts';
import { CASES, caseNames, expectedOf, readCase } from './cases.ts';

const test = suite('bake --print: cases');

for (const name of caseNames()) {
  test(name, async () => {
    const given = readCase(name);
    const selection = await selectBake({
      files: given.files ?? [],
      targets: given.targets ?? [],
      overrides: given.set ?? [],
      vars: new Map(Object.entries(given.vars ?? {})),
      env: given.env ?? {},
      platform: 'linux/amd64',
      directory: join(CASES, name),
    });
    assert.fixture(printSelection(selection), expectedOf(name));
  });
}

test.run();
