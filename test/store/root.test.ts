import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultRoot, type RootChoice } from '../../src/store/root.ts';
import { codeOf } from './fixture.ts';

const test = suite('defaultRoot');

const CASES: readonly (readonly [string, RootChoice, string])[] = [
  ['--root wins', { root: '/a', env: { TSBUILD_ROOT: '/b' }, uid: 0 }, '/a'],
  ['a relative --root', { root: 'a', env: {}, uid: 0 }, `${process.cwd()}/a`],
  ['$TSBUILD_ROOT', { env: { TSBUILD_ROOT: '/b', HOME: '/home/u' }, uid: 1000 }, '/b'],
  ['an empty $TSBUILD_ROOT', { env: { TSBUILD_ROOT: '' }, uid: 0 }, '/var/lib/tsbuild'],
  ['root', { env: { HOME: '/root', XDG_DATA_HOME: '/data' }, uid: 0 }, '/var/lib/tsbuild'],
  ['a user', { env: { HOME: '/home/u' }, uid: 1000 }, '/home/u/.local/share/tsbuild'],
  ['$XDG_DATA_HOME', { env: { HOME: '/home/u', XDG_DATA_HOME: '/data' }, uid: 1000 }, '/data/tsbuild'],
  [
    'a relative $XDG_DATA_HOME',
    { env: { HOME: '/home/u', XDG_DATA_HOME: 'd' }, uid: 1000 },
    '/home/u/.local/share/tsbuild',
  ],
];

for (const [name, choice, expected] of CASES) {
  test(name, () => {
    assert.is(defaultRoot(choice), expected);
  });
}

test('a user without a home', async () => {
  assert.is(await codeOf(() => defaultRoot({ env: {}, uid: 1000 })), 'USAGE');
});

test.run();
