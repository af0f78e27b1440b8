import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseChallenges } from '../../src/registry/challenge.ts';

const test = suite('WWW-Authenticate');

type Expected = readonly (readonly [scheme: string, parameters: Record<string, string>])[];

const HEADERS: readonly (readonly [header: string, challenges: Expected])[] = [
  ['Basic realm="x y"', [['basic', { realm: 'x y' }]]],
  ['BASIC', [['basic', {}]]],
  [
    'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push repository:c:pull"',
    [['bearer', { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push repository:c:pull' }]],
  ],
  ['Bearer Realm = "x" , service = y', [['bearer', { realm: 'x', service: 'y' }]]],
  [
    'Basic realm="x", Bearer realm="y",service=z',
    [
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', service: 'z' }],
    ],
  ],
  [
    'Negotiate, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['Basic realm="a \\"b\\" \\\\ c"', [['basic', { realm: 'a "b" \\ c' }]]],
  ['Basic realm="not closed', [['basic', {}]]],
  ['', []],
  ['"', []],
  ['=x', []],
];

for (const [header, challenges] of HEADERS) {
  test(header || '(empty)', () => {
    const parsed = parseChallenges([header]).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    assert.equal(parsed, challenges);
  });
}

test('several headers are several challenges', () => {
  assert.equal(
    parseChallenges(['Basic', 'Bearer realm=x']).map(({ scheme }) => scheme),
    ['basic', 'bearer'],
  );
});

test('a hostile header is read in no time', () => {
  const start = performance.now();
  for (const part of ['a=', '"\\', ' ,', 'a ', 'a="', ',=']) parseChallenges([part.repeat(4000), part.repeat(1e6)]);
  assert.ok(performance.now() - start < 500);
});

test.run();
