import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { withDefaults } from '../../src/registry/options.ts';
import { resolveLocation } from '../../src/registry/redirect.ts';
import { fetchToken } from '../../src/registry/token.ts';
import { Transport } from '../../src/registry/transport.ts';
import { describe } from '../support/image.ts';
import { everythingIn, rejection } from './errors.ts';
import { type Handler, type LoopbackServer, startServer } from './server.ts';

const test = suite('where credentials go');

const CONTENT = Buffer.from('content');
const BLOB = describe(OCI_LAYER, CONTENT);
const AUTHORIZATION = `Basic ${Buffer.from('me:secret').toString('base64')}`;
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-redirect-'));
test.after(() => rmSync(directory, { recursive: true, force: true }));

/** A registry that wants a password, a server elsewhere, and a client that has the password. */
async function between(
  registryHandler: (elsewhere: string) => Handler,
  elsewhereHandler: (registry: () => string) => Handler,
  action: (client: RegistryClient, registry: LoopbackServer, elsewhere: LoopbackServer) => Promise<void>,
): Promise<void> {
  let registryUrl = '';
  const elsewhere = await startServer(elsewhereHandler(() => registryUrl));
  const answer = registryHandler(elsewhere.url);
  const registry = await startServer((request, response, attempt) => {
    if (request.headers.authorization === AUTHORIZATION || request.url.startsWith('/open/')) {
      answer(request, response, attempt);
    } else {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    }
  });
  registryUrl = registry.url;
  const auths = { [registry.host]: { username: 'me', password: 'secret' } };
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths }));
  const client = new RegistryClient({ env: { DOCKER_CONFIG: directory }, retries: { attempts: 1 } });
  try {
    await action(client, registry, elsewhere);
  } finally {
    await client.close();
    await Promise.all([registry.stop(), elsewhere.stop()]);
  }
}

const to = (location: string): Handler => {
  return (_, response) => response.writeHead(307, { location }).end();
};

test('a redirect to another host goes without them', () =>
  between(
    (elsewhere) => to(`${elsewhere}/storage?signature=s`),
    () => (_, response) => response.end(CONTENT),
    async (client, registry, elsewhere) => {
      const from = client.repository({ domain: registry.host, path: 'a' });
      assert.ok((await from.fetchBytes(BLOB, 100)).equals(CONTENT));
      assert.is(elsewhere.requests.length, 1);
      assert.is(elsewhere.requests[0]?.headers.authorization, undefined);
      assert.is(elsewhere.requests[0]?.url, '/storage?signature=s');
    },
  ));

test('a redirect within the registry goes with them, one that comes back does not', () =>
  between(
    (elsewhere) => (request, response) => {
      if (request.url.startsWith('/v2/')) response.writeHead(302, { location: '../../../second' }).end();
      else if (request.url === '/second') response.writeHead(302, { location: `${elsewhere}/x` }).end();
      else response.end(CONTENT);
    },
    (registry) => (_, response) => response.writeHead(302, { location: `${registry()}/open/blob` }).end(),
    async (client, registry) => {
      const from = client.repository({ domain: registry.host, path: 'a' });
      assert.ok((await from.fetchBytes(BLOB, 100)).equals(CONTENT));
      const seen = registry.requests.filter(({ url }) => !url.startsWith('/v2/'));
      assert.equal(
        seen.map(({ url, headers }) => [url, headers.authorization]),
        [
          ['/second', AUTHORIZATION],
          ['/open/blob', undefined],
        ],
      );
    },
  ));

test('an upload to another host goes without them', () =>
  between(
    (elsewhere) => (request, response) => {
      if (request.method === 'HEAD') response.writeHead(404).end();
      else response.writeHead(202, { location: `${elsewhere}/upload` }).end();
    },
    () => (_, response) => response.writeHead(201).end(),
    async (client, registry, elsewhere) => {
      const repository = client.pushRepository({ domain: registry.host, path: 'a' });
      assert.is(await repository.pushBlob(BLOB, () => Readable.from([CONTENT])), 'uploaded');
      assert.is(elsewhere.requests[0]?.headers.authorization, undefined);
      assert.is(elsewhere.requests[0]?.body, 'content');
    },
  ));

test('another host that asks for a password gets none', () =>
  between(
    (elsewhere) => to(`${elsewhere}/login`),
    () => (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="give me"' }).end(),
    async (client, registry, elsewhere) => {
      const from = client.repository({ domain: registry.host, path: 'a' });
      const error = await rejection(from.fetchBytes(BLOB, 100));
      assert.is(error.code, 'DENIED');
      assert.not.match(everythingIn(error), /secret/);
      for (const { headers } of elsewhere.requests) assert.is(headers.authorization, undefined);
    },
  ));

test('a circle of redirects ends', () =>
  between(
    () => (request, response) => response.writeHead(302, { location: request.url }).end(),
    () => (_, response) => response.end(),
    async (client, registry) => {
      const from = client.repository({ domain: registry.host, path: 'a' });
      assert.match((await rejection(from.fetchBytes(BLOB, 100))).message, /more than 10 times/);
    },
  ));

const LOCATIONS: readonly (readonly [location: string, result: string | RegExp])[] = [
  ['/b?x=1', 'https://r.example/b?x=1'],
  ['b', 'https://r.example/v2/b'],
  ['//cdn.example/b', 'https://cdn.example/b'],
  ['https://cdn.example:444/b?s=%2F+#part', 'https://cdn.example:444/b?s=%2F+'],
  ['http://r.example/b', /from https:\/\/ to http:\/\//],
  ['file:///etc/passwd', /from https:\/\/ to file:/],
  ['javascript:0', /from https:\/\/ to javascript:/],
  ['https://user:pass@r.example/', /password in it/],
  ['https://', /not a URL/],
];

for (const [location, result] of LOCATIONS) {
  test(`Location: ${location}`, () => {
    const resolve = (): string => resolveLocation(location, new URL('https://r.example/v2/a')).href;
    if (typeof result === 'string') assert.is(resolve(), result);
    else assert.throws(resolve, result);
  });
}

for (const [realm, message] of [
  ['http://tokens.example/', /without TLS/],
  ['ftp://tokens.example/', /not a URL/],
  ['file:///etc/passwd', /not a URL/],
  ['https://a:b@tokens.example/', /not a URL/],
  ['tokens', /not a URL/],
  ['', /not a URL/],
] as const) {
  test(`no password goes to a token server at ${JSON.stringify(realm)}`, async () => {
    const transport = new Transport(withDefaults({ env: {} }).transport);
    const challenge = { scheme: 'bearer', parameters: new Map([['realm', realm]]) };
    const credentials = { kind: 'password', username: 'me', password: 'secret' } as const;
    const error = await rejection(fetchToken(transport, challenge, [], credentials));
    assert.match(error.message, message);
    assert.not.match(everythingIn(error), /secret/);
  });
}

test.run();
