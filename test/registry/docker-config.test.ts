import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CredentialStore } from '../../src/registry/credentials.ts';
import { type Credentials, readDockerConfig } from '../../src/registry/docker-config.ts';
import { everythingIn } from './errors.ts';

const test = suite('credentials of Docker');
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-docker-config-'));
test.after(() => rmSync(directory, { recursive: true, force: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const ME: Credentials = { kind: 'password', username: 'me', password: 'pass:word' };
const AUTH = base64('me:pass:word');

function find(config: unknown, domain: string): Promise<Credentials | undefined> {
  writeFileSync(join(directory, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return new CredentialStore({ DOCKER_CONFIG: directory }).find(domain).then(({ credentials }) => credentials);
}

const KEYS: readonly (readonly [key: string, domain: string, found: boolean])[] = [
  ['registry.example', 'registry.example', true],
  ['registry.example:5000', 'registry.example:5000', true],
  ['registry.example', 'registry.example:5000', false],
  ['registry.example:5000', 'registry.example', false],
  ['https://registry.example', 'registry.example', true],
  ['http://registry.example/v2/', 'registry.example', true],
  ['https://registry.example/v1/', 'registry.example', true],
  ['Registry.Example', 'registry.example', true],
  ['registry.example', 'Registry.Example', true],
  ['other.example', 'registry.example', false],
  ['registry.example.evil.com', 'registry.example', false],
  ['https://index.docker.io/v1/', 'docker.io', true],
  ['index.docker.io', 'docker.io', true],
  ['docker.io', 'docker.io', true],
  ['registry-1.docker.io', 'docker.io', true],
  ['https://index.docker.io/v1/', 'ghcr.io', false],
];

for (const [key, domain, found] of KEYS) {
  test(`the key ${key} is ${found ? '' : 'not '}for ${domain}`, async () => {
    assert.equal(await find({ auths: { [key]: { auth: AUTH } } }, domain), found ? ME : undefined);
  });
}

const ENTRIES: readonly (readonly [entry: object, credentials: Credentials | undefined])[] = [
  [{ auth: AUTH }, ME],
  [{ auth: `${base64('me:pass:word\0\0')}` }, ME],
  [{ username: 'me', password: 'pass:word' }, ME],
  [
    { auth: AUTH, identitytoken: 'i' },
    { kind: 'identity', token: 'i' },
  ],
  [{ registrytoken: 'r' }, { kind: 'bearer', token: 'r' }],
  [{}, undefined],
  [{ auth: '' }, undefined],
  [{ auth: base64('nobody') }, undefined],
  [{ auth: base64(':x') }, undefined],
  [{ auth: 7, username: 'me' }, undefined],
];

for (const [entry, credentials] of ENTRIES) {
  test(`the entry ${JSON.stringify(entry)}`, async () => {
    assert.equal(await find({ auths: { 'r.example': entry } }, 'r.example'), credentials);
  });
}

for (const config of [{}, [], null, { auths: null }, { auths: [], credHelpers: { 'r.example': 1 }, credsStore: 2 }]) {
  test(`the configuration ${JSON.stringify(config)} has none`, async () => {
    assert.is(await find(config, 'r.example'), undefined);
  });
}

test('a configuration that is not JSON is an error without its text', async () => {
  try {
    await find(`{"auths": {"r.example": {"auth": "${AUTH}"`, 'r.example');
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /config\.json is not JSON/);
    assert.not.ok(everythingIn(error).includes(AUTH));
  }
});

test('the file is that of DOCKER_CONFIG, else of the home directory, else nothing', () => {
  const home = join(directory, 'home');
  mkdirSync(join(home, '.docker'), { recursive: true });
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { 'home.example': { auth: AUTH } } }));
  assert.equal([...readDockerConfig({ HOME: home }).auths.keys()], ['home.example']);
  assert.is(readDockerConfig({ HOME: home, DOCKER_CONFIG: join(directory, 'nowhere') }).auths.size, 0);
});

test.run();
