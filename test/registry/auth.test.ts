import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCertificate } from '../../fixtures/certificate.ts';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { describe } from '../support/image.ts';
import { everythingIn, rejection } from './errors.ts';
import { ISSUER, SERVICE, startTokenServer, type TokenServer } from './token-server.ts';

const test = suite('who may do what');

const ACCOUNT = { user: 'me', password: 'correct horse: battery', identity: 'identity-token-of-me' };
const CONTENT = Buffer.from('some content');
const BLOB = describe(OCI_LAYER, CONTENT);
const open = (): Readable => Readable.from([CONTENT]);

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-auth-'));
let tokens: TokenServer;
let bearer: TestRegistry;
let basic: TestRegistry;

test.before(async () => {
  const certificate = makeCertificate(directory, ['127.0.0.1']);
  tokens = await startTokenServer(certificate, ACCOUNT);
  const token = { realm: `${tokens.url}/token`, service: SERVICE, issuer: ISSUER, certificate };
  [bearer, basic] = await Promise.all([startRegistry({ token }), startRegistry({ htpasswd: ACCOUNT })]);
  const to = clientWith({ auths: { [bearer.host]: loginOf(ACCOUNT) } });
  await to.pushRepository({ domain: bearer.host, path: 'public/app' }).pushBlob(BLOB, open);
  await to.pushRepository({ domain: bearer.host, path: 'private/app' }).pushBlob(BLOB, open);
});
test.after(async () => {
  await Promise.all([bearer.stop(), basic.stop(), tokens.stop()]);
  rmSync(directory, { recursive: true, force: true });
});
test.before.each(() => {
  tokens.requests.length = 0;
  tokens.lifetime = 300;
});

function loginOf({ user, password }: { user: string; password: string }): { auth: string } {
  return { auth: Buffer.from(`${user}:${password}`).toString('base64') };
}

/** A client with this `config.json` of Docker. */
function clientWith(config: object, env: NodeJS.ProcessEnv = {}): RegistryClient {
  const home = mkdtempSync(join(directory, 'home-'));
  mkdirSync(join(home, '.docker'));
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify(config));
  return new RegistryClient({ env: { HOME: home, ...env }, retries: { attempts: 1 } });
}

function assertNoSecret(error: unknown): void {
  const text = everythingIn(error);
  const secrets = [ACCOUNT.password, 'wrong password', ACCOUNT.identity, loginOf(ACCOUNT).auth];
  for (const secret of secrets) assert.not.ok(text.includes(secret), `${secret} in ${text}`);
}

test('Basic: the right password opens the registry', async () => {
  const to = clientWith({ auths: { [basic.host]: loginOf(ACCOUNT) } }).pushRepository({
    domain: basic.host,
    path: 'a',
  });
  assert.is(await to.pushBlob(BLOB, open), 'uploaded');
  assert.ok((await to.fetchBytes(BLOB, 100)).equals(CONTENT));
});

for (const [what, config] of [
  ['no credentials', {}],
  ['a wrong password', { auths: { host: { ...ACCOUNT, password: 'wrong password' } } }],
  ['an identity token, which Basic cannot use', { auths: { host: { identitytoken: ACCOUNT.identity } } }],
  ['credentials of another registry', { auths: { 'other.example': loginOf(ACCOUNT) } }],
] as const) {
  test(`Basic: ${what}`, async () => {
    const text = JSON.stringify(config).replace('"host"', JSON.stringify(basic.host)).replace('"user"', '"username"');
    const from = clientWith(JSON.parse(text)).repository({ domain: basic.host, path: 'a' });
    const error = await rejection(from.fetchManifest('x'));
    assert.is(error.code, 'DENIED');
    assert.match(error.hint ?? '', new RegExp(`tsbuild login ${basic.host}`));
    assertNoSecret(error);
  });
}

test('Bearer: nobody in particular pulls what is public, and pushes nothing', async () => {
  const client = clientWith({});
  const name = { domain: bearer.host, path: 'public/app' };
  assert.ok((await client.repository(name).fetchBytes(BLOB, 100)).equals(CONTENT));
  const other = describe(OCI_LAYER, Buffer.from('other'));
  const error = await rejection(
    client.pushRepository(name).pushBlob(other, () => Readable.from([Buffer.from('other')])),
  );
  assert.is(error.code, 'DENIED');
  assert.match(error.message, /without credentials/);
  const hidden = client.repository({ domain: bearer.host, path: 'private/app' });
  assert.is((await rejection(hidden.fetchBytes(BLOB, 100))).code, 'DENIED');
});

test('Bearer: one token serves all requests of a scope, also at once', async () => {
  const from = clientWith({}).repository({ domain: bearer.host, path: 'public/app' });
  await from.hasBlob(BLOB.digest);
  await Promise.all(Array.from({ length: 8 }, () => from.fetchBytes(BLOB, 100)));
  assert.is(tokens.requests.length, 1);
  const query = new URL(tokens.requests[0]?.url ?? '', tokens.url).searchParams;
  assert.equal(query.getAll('scope'), ['repository:public/app:pull']);
  assert.is(query.get('service'), SERVICE);
});

test('Bearer: an expired token is replaced', async () => {
  tokens.lifetime = 1;
  const from = clientWith({}).repository({ domain: bearer.host, path: 'public/app' });
  assert.ok(await from.hasBlob(BLOB.digest));
  assert.ok(await from.hasBlob(BLOB.digest));
  assert.is(tokens.requests.length, 2);
});

test('Bearer: a password is for the token server, and gives the right to push and to mount', async () => {
  const client = clientWith({ auths: { [`https://${bearer.host}/v1/`]: loginOf(ACCOUNT) } });
  const to = client.pushRepository({ domain: bearer.host, path: 'private/new' });
  assert.is(await to.pushBlob(BLOB, open, { mountFrom: 'private/app' }), 'mounted');
  const scopes = tokens.requests.map(({ url }) => new URL(url, tokens.url).searchParams.getAll('scope').sort());
  assert.equal(scopes.at(-1), ['repository:private/app:pull', 'repository:private/new:pull,push']);
});

test('Bearer: an identity token is exchanged in a form', async () => {
  const client = clientWith({ auths: { [bearer.host]: { identitytoken: ACCOUNT.identity } } });
  const from = client.repository({ domain: bearer.host, path: 'private/app' });
  assert.ok(await from.hasBlob(BLOB.digest));
  assert.is(tokens.requests[0]?.method, 'POST');
  assert.not.ok(tokens.requests[0]?.url.includes('refresh_token'), 'a secret in a URL ends up in logs');
});

for (const [what, login] of [
  ['a wrong password', loginOf({ user: 'me', password: 'wrong password' })],
  ['a wrong identity token', { identitytoken: 'wrong password' }],
] as const) {
  test(`Bearer: ${what} is DENIED, and stays secret`, async () => {
    const client = clientWith({ auths: { [bearer.host]: login } });
    const error = await rejection(client.repository({ domain: bearer.host, path: 'public/app' }).hasBlob(BLOB.digest));
    assert.is(error.code, 'DENIED');
    assert.match(error.message, /refused the credentials/);
    assert.match(error.hint ?? '', /tsbuild login/);
    assertNoSecret(error);
  });
}

/** Puts a `docker-credential-NAME` on the PATH of a client. */
function withHelper(config: object, name: string, script: string): RegistryClient {
  const bin = mkdtempSync(join(directory, 'bin-'));
  writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, `docker-credential-${name}`), 0o755);
  return clientWith(config, { PATH: `${bin}:${process.env.PATH}` });
}

const ANSWER = JSON.stringify({ Username: ACCOUNT.user, Secret: ACCOUNT.password });
const IDENTITY = JSON.stringify({ Username: '<token>', Secret: ACCOUNT.identity });

test('a credential helper is asked by the name of the registry', async () => {
  const script = `read -r host; test "$1" = get && test "$host" = ${bearer.host} && cat <<'END'\n${ANSWER}\nEND`;
  const client = withHelper({ credHelpers: { [bearer.host]: 'test' } }, 'test', script);
  assert.ok(await client.repository({ domain: bearer.host, path: 'private/app' }).hasBlob(BLOB.digest));
});

test('a credential store may hold identity tokens', async () => {
  const client = withHelper({ credsStore: 'all' }, 'all', `cat >/dev/null; cat <<'END'\n${IDENTITY}\nEND`);
  assert.ok(await client.repository({ domain: bearer.host, path: 'private/app' }).hasBlob(BLOB.digest));
});

test('a store without the credentials leaves those of the file', async () => {
  const config = { credsStore: 'none', auths: { [bearer.host]: loginOf(ACCOUNT) } };
  const client = withHelper(config, 'none', 'echo "credentials not found in native keychain"; exit 1');
  assert.ok(await client.repository({ domain: bearer.host, path: 'private/app' }).hasBlob(BLOB.digest));
});

test('a helper that fails does not hinder a public pull, and is named when access is denied', async () => {
  const client = withHelper({ credsStore: 'broken' }, 'broken', `echo '${ACCOUNT.password}'; exit 3`);
  assert.ok(await client.repository({ domain: bearer.host, path: 'public/app' }).hasBlob(BLOB.digest));
  const error = await rejection(client.repository({ domain: bearer.host, path: 'private/app' }).hasBlob(BLOB.digest));
  assert.is(error.code, 'DENIED');
  assert.match(error.notes.join(), /docker-credential-broken failed: it ended with status 3/);
  assertNoSecret(error);
});

for (const name of ['missing', '../../bin/sh', '-x']) {
  test(`a helper called ${name}`, async () => {
    const client = clientWith({ credsStore: name }, { PATH: process.env.PATH });
    const error = await rejection(client.repository({ domain: basic.host, path: 'a' }).hasBlob(BLOB.digest));
    assert.match(error.notes.join(), /cannot be started|not a program name/);
  });
}

test.run();
