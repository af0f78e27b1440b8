import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean, suggest } from '../../src/base/suggest.ts';

const suggestions = suite('suggestions');

const NAMES = ['RUN', 'COPY', 'ENTRYPOINT', 'HEALTHCHECK', 'ENV'];

const cases: [string, string | undefined][] = [
  ['RUM', 'RUN'],
  ['rnu', 'RUN'],
  ['COPPY', 'COPY'],
  ['ENTYRPONT', 'ENTRYPOINT'],
  ['HELTHCHCK', 'HEALTHCHECK'],
  ['ENVV', 'ENV'],
  ['FOO', undefined],
  ['', undefined],
  ['x'.repeat(1e6), undefined],
];

for (const [word, expected] of cases) {
  suggestions(`${word.slice(0, 20)} means ${expected}`, () => assert.is(suggest(word, NAMES), expected));
}

suggestions('as a hint', () => {
  assert.is(didYouMean('RUM', NAMES), 'did you mean RUN?');
  assert.is(didYouMean('FOO', NAMES), undefined);
});

suggestions.run();
