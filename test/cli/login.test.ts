import { existsSync, readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('login and logout');

const ACCOUNT = { user: 'me', password: 'pass: word' };
const AUTH = Buffer.from(`${ACCOUNT.user}:${ACCOUNT.password}`).toString('base64');

let registry: TestRegistry;
let place: Workplace;

test.before(async () => {
  registry = await startRegistry({ htpasswd: ACCOUNT });
  place = new Workplace();
});
test.after(async () => {
  await registry.stop();
  place.remove();
});

function configIn(directory: string): Record<string, unknown> {
  return JSON.parse(readFileSync(place.at(directory, 'config.json'), 'utf8'));
}

function login(directory: string, password: string, server = registry.host, env: Record<string, string> = {}) {
  const args = ['login', '-u', ACCOUNT.user, '--password-stdin', server];
  return place.run(args, { stdin: `${password}\n`, env: { DOCKER_CONFIG: place.at(directory), ...env } });
}

test('what opens the registry is kept as docker keeps it, and nothing else of the file changes', async () => {
  place.write('plain/config.json', JSON.stringify({ auths: { other: { auth: 'eDp5' } }, proxies: { a: 1 } }));
  const { code, stderr } = await login('plain', ACCOUNT.password);
  assert.is(code, 0, stderr);
  assert.equal(configIn('plain'), {
    auths: { other: { auth: 'eDp5' }, [registry.host]: { auth: AUTH } },
    proxies: { a: 1 },
  });
  assert.is(statSync(place.at('plain/config.json')).mode & 0o777, 0o600);
  const env = { DOCKER_CONFIG: place.at('plain') };
  const missing = await place.run(['pull', `${registry.host}/nothing`], { env });
  assert.match(missing.stderr, /answered 404/, 'who may look sees that it is not there');
  assert.is(await place.ok(['logout', registry.host], { env }), `logged out of ${registry.host}`);
  assert.equal(Object.keys(configIn('plain').auths as object), ['other']);
  assert.is(await place.ok(['logout', registry.host], { env }), `not logged in to ${registry.host}`);
});

test('what does not open it is not kept, and not shown', async () => {
  const { code, stdout, stderr } = await login('wrong', 'wrong word');
  assert.is(code, 1);
  assert.match(stderr, /refuses this user name and password/);
  assert.not.match(stdout + stderr, /wrong word/);
  assert.not.ok(existsSync(place.at('wrong/config.json')));
});

test('a helper keeps what the user has one for', async () => {
  const helper = `#!/bin/sh\n{ echo "$1"; cat; echo; } >> '${place.at('helper.log')}'\n`;
  place.write('bin/docker-credential-test', helper, 0o755);
  place.write('helped/config.json', JSON.stringify({ credHelpers: { [registry.host]: 'test' } }));
  const env = { PATH: `${place.at('bin')}:${process.env.PATH}`, DOCKER_CONFIG: place.at('helped') };
  const { code, stdout, stderr } = await login('helped', ACCOUNT.password, registry.host, env);
  assert.is(code, 0, stderr);
  assert.match(stdout, /docker-credential-test keeps/);
  await place.ok(['logout', registry.host], { env });
  const [store, kept, erase, erased] = readFileSync(place.at('helper.log'), 'utf8').split('\n');
  assert.equal([store, erase, erased], ['store', 'erase', registry.host]);
  assert.equal(JSON.parse(kept ?? ''), {
    ServerURL: registry.host,
    Username: ACCOUNT.user,
    Secret: ACCOUNT.password,
  });
  assert.equal(configIn('helped'), { credHelpers: { [registry.host]: 'test' } });
});

const WRONG: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
  [['--password-stdin', 'x.test'], 2, /needs a user name/],
  [['-ume', '-px', '--password-stdin', 'x.test'], 2, /exclude each other/],
  [['x.test'], 2, /no terminal/],
  [['-u', 'me', '--password-stdin', 'bad host'], 1, /is not the host of a registry/],
  [['-u', 'me', '-p', '', 'x.test'], 2, /must not be empty/],
];

for (const [args, code, message] of WRONG) {
  test(`login ${args.join(' ')}: an error`, async () => {
    const outcome = await place.run(['login', ...args]);
    assert.is(outcome.code, code, outcome.stderr);
    assert.match(outcome.stderr, message);
  });
}

test.run();
