import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flagNames, instructionNames } from '../../grammar/index.ts';

const test = suite('the page about the language');

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/reference.md'), 'utf8');

for (const kind of instructionNames) {
  test(`${kind} and its flags are on it`, () => {
    assert.ok(new RegExp(`(^###.*|^\\| .*)\\b${kind}\\b`, 'm').test(PAGE), `no heading and no row names ${kind}`);
    for (const flag of flagNames(kind)) assert.ok(PAGE.includes(`--${flag}`), `--${flag}`);
  });
}

test.run();
