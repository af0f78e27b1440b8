import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printSelection, selectBake } from '../../src/bake/index.ts';

/** What a case says of its command line; adding a case is adding a directory. */
interface Case {
  files?: string[];
  targets?: string[];
  set?: string[];
  vars?: Record<string, string>;
  env?: Record<string, string>;
}

const CASES = join(import.meta.dirname, 'cases');
const test = suite('bake --print: cases');

for (const name of readdirSync(CASES)) {
  test(name, async () => {
    const directory = join(CASES, name);
    const path = join(directory, 'case.json');
    const given = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as Case;
    const selection = await selectBake({
      files: given.files ?? [],
      targets: given.targets ?? [],
      overrides: given.set ?? [],
      vars: new Map(Object.entries(given.vars ?? {})),
      env: given.env ?? {},
      platform: 'linux/amd64',
      directory,
    });
    assert.fixture(printSelection(selection), readFileSync(join(directory, 'expected.json'), 'utf8'));
  });
}

test.run();
