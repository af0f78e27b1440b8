import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import {
  formatPlatform,
  formatWithVersion,
  hostPlatform,
  matchPlatform,
  parsePlatform,
  parsePlatforms,
  runsOn,
} from '../../src/oci/platform.ts';

const test = suite('platforms');
const host = hostPlatform();

/** Written, normalised. */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['Linux/X86-64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/i386', 'linux/386'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armhf/v6', 'linux/arm/v7'],
  ['linux/i386/v2', 'linux/386'],
  ['linux/arm64/9.0', 'linux/arm64/v9'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/riscv64', 'linux/riscv64'],
  ['windows/amd64', 'windows/amd64'],
  ['windows(10.0.17763.1)/amd64', 'windows(10.0.17763.1)/amd64'],
  ['windows()/amd64', 'windows/amd64'],
  ['macos/arm64', 'darwin/arm64'],
  ['arm64', `${host.os}/arm64`],
  ['s390x', `${host.os}/s390x`],
];

for (const [written, normalized] of SPELLINGS) {
  test(`${written} is ${normalized}`, () => assert.is(formatWithVersion(parsePlatform(written)), normalized));
}

for (const written of [
  '',
  'linux/',
  '/amd64',
  'linux/amd64/v1/x',
  'toaster',
  'linux/a b',
  'linux/amd64\n',
  'linux//v7',
  'windows(10/amd64',
]) {
  test(`${JSON.stringify(written)} is no platform`, () => {
    assert.throws(
      () => parsePlatform(written),
      (error: unknown) => error instanceof TsbuildError && error.code === 'INVALID',
    );
  });
}

test('an operating system alone has the architecture of the host', () => {
  assert.equal(parsePlatform('linux'), { ...host, os: 'linux' });
});

/** Wanted, what an index offers, what is chosen. */
const CHOICES: readonly (readonly [wanted: string, offered: string, chosen: string | undefined])[] = [
  ['linux/amd64', 'linux/arm64 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/386 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/386', 'linux/386'],
  ['linux/amd64', 'linux/amd64/v2', undefined],
  ['linux/amd64', 'windows/amd64', undefined],
  ['linux/amd64/v3', 'linux/amd64/v4 linux/amd64 linux/amd64/v2', 'linux/amd64/v2'],
  ['linux/amd64/v3', 'linux/386 linux/amd64', 'linux/amd64'],
  ['linux/386', 'linux/amd64', undefined],
  ['linux/arm/v7', 'linux/arm/v5 linux/arm/v6', 'linux/arm/v6'],
  ['linux/arm/v7', 'linux/arm64', undefined],
  ['linux/arm/v6', 'linux/arm/v7', undefined],
  ['linux/arm/v6', 'linux/arm/v5', 'linux/arm/v5'],
  ['linux/arm', 'linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm64', 'linux/arm/v7 linux/arm64/v8', 'linux/arm64/v8'],
  ['linux/arm64', 'linux/arm/v6 linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm64', 'linux/arm64/v9', undefined],
  ['linux/arm64/v9', 'linux/arm64', 'linux/arm64'],
  ['linux/s390x', 'linux/amd64 linux/ppc64le', undefined],
  ['linux/amd64', 'unknown/unknown', undefined],
];

for (const [wanted, offered, chosen] of CHOICES) {
  test(`${wanted} takes ${chosen ?? 'none'} of ${offered}`, () => {
    const candidates = offered.split(' ').map((text) => {
      const [os = '', architecture = '', variant] = text.split('/');
      return { name: text, platform: { os, architecture, variant } };
    });
    assert.is(matchPlatform(parsePlatform(wanted), candidates)?.name, chosen);
    assert.is(
      candidates.some(({ platform }) => runsOn(parsePlatform(wanted), platform)),
      chosen !== undefined,
    );
  });
}

test('a list names platforms once, in its order, over several options', () => {
  const lists = ['linux/arm64, linux/amd64', 'linux/aarch64,local', 'linux/arm/v7'];
  const own = formatPlatform(host);
  const rest = own === 'linux/amd64' || own === 'linux/arm64' ? [] : [own];
  assert.equal(parsePlatforms(lists).map(formatPlatform), ['linux/arm64', 'linux/amd64', ...rest, 'linux/arm/v7']);
  assert.throws(() => parsePlatforms(['linux/amd64,']), /invalid platform ""/);
});

test('an image for Windows is chosen by the build of the system', () => {
  const offered = ['10.0.17763.1', '10.0.20348.9'].map((version) => ({
    platform: { os: 'windows', architecture: 'amd64', 'os.version': version },
  }));
  const choose = (text: string) => matchPlatform(parsePlatform(text), offered)?.platform['os.version'];
  assert.is(choose('windows(10.0.20348.1)/amd64'), '10.0.20348.9');
  assert.is(choose('windows/amd64'), '10.0.17763.1');
  assert.is(choose('windows(10.0.1.1)/amd64'), undefined);
});

test('of equals the first; a manifest without platform is the last resort', () => {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const bare = { name: 'bare', platform: undefined };
  assert.is(matchPlatform(amd64, [bare, { name: 'a', platform: amd64 }, { name: 'b', platform: amd64 }])?.name, 'a');
  assert.is(
    matchPlatform(amd64, [{ name: 'arm', platform: { os: 'linux', architecture: 'arm' } }, bare])?.name,
    'bare',
  );
  assert.is(matchPlatform(amd64, []), undefined);
});

test.run();
