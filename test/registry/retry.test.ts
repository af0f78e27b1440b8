import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { parseRetryAfter, TransientError, withRetries } from '../../src/registry/retry.ts';
import { describe, makeImage } from '../support/image.ts';
import { rejection } from './errors.ts';
import { type Handler, type LoopbackServer, startServer } from './server.ts';

const test = suite('what is tried again');

const CONTENT = randomBytes(400_000);
const BLOB = describe(OCI_LAYER, CONTENT);
const IMAGE = makeImage([[{ path: 'x' }]]);
const POLICY = { attempts: 4, firstDelay: 1, maxDelay: 1500 };

async function against<T>(
  handler: Handler,
  action: (repository: ReturnType<RegistryClient['pushRepository']>, server: LoopbackServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(handler);
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent' }, retries: POLICY });
  try {
    return await action(client.pushRepository({ domain: server.host, path: 'a' }), server);
  } finally {
    await client.close();
    await server.stop();
  }
}

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`${status} twice, then the manifest`, () =>
    against(
      (_, response, attempt) => {
        if (attempt <= 2) response.writeHead(status).end();
        else response.writeHead(200, { 'content-type': IMAGE.descriptor.mediaType }).end(IMAGE.manifestBytes);
      },
      async (repository, server) => {
        assert.equal((await repository.fetchManifest('x')).descriptor, IMAGE.descriptor);
        assert.is(server.requests.filter(({ url }) => url.includes('manifests')).length, 3);
      },
    ));
}

test('503 for ever is an error after as many attempts as the policy has', () =>
  against(
    (_, response) => response.writeHead(503).end('{"errors": [{"code": "UNAVAILABLE", "message": "busy"}]}'),
    async (repository, server) => {
      const error = await rejection(repository.fetchManifest('x'));
      assert.is(error.code, 'REGISTRY');
      assert.match(error.message, /503 busy/);
      assert.is(server.requests.filter(({ url }) => url.includes('manifests')).length, POLICY.attempts);
    },
  ));

for (const status of [400, 403, 404, 405, 413, 422, 501]) {
  test(`${status} is final`, () =>
    against(
      (_, response) => response.writeHead(status).end(),
      async (repository, server) => {
        await rejection(repository.fetchManifest('x'));
        assert.is(server.requests.filter(({ url }) => url.includes('manifests')).length, 1);
      },
    ));
}

test('Retry-After is waited for', () =>
  against(
    (_, response, attempt) => {
      if (attempt === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.writeHead(200, { 'content-type': IMAGE.descriptor.mediaType }).end(IMAGE.manifestBytes);
    },
    async (repository) => {
      const start = performance.now();
      await repository.fetchManifest('x');
      assert.ok(performance.now() - start >= 990);
    },
  ));

test('a Retry-After beyond our patience is an error at once', () =>
  against(
    (_, response) => response.writeHead(429, { 'retry-after': '100000' }).end(),
    async (repository, server) => {
      const error = await rejection(repository.fetchManifest('x'));
      assert.match(error.hint ?? '', /log in, or wait/);
      assert.is(server.requests.filter(({ url }) => url.includes('manifests')).length, 1);
    },
  ));

test('a download that breaks goes on where it broke', () =>
  against(
    (request, response, attempt) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const to = attempt < 3 ? from + 150_000 : CONTENT.length;
      const range = from > 0 && { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` };
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': CONTENT.length - from, ...range });
      response.write(CONTENT.subarray(from, to), () => (attempt < 3 ? response.destroy() : response.end()));
    },
    async (repository, server) => {
      const received = await repository.fetchBytes(BLOB, 1e6);
      assert.ok(received.equals(CONTENT));
      const ranges = server.requests.filter(({ url }) => url.includes('blobs')).map(({ headers }) => headers.range);
      assert.is(ranges.length, 3);
      assert.is(ranges[0], undefined);
      assert.match(ranges[2] ?? '', /^bytes=[1-9]/);
    },
  ));

test('a server without ranges sends all again, of which the known part is skipped', () =>
  against(
    (_, response, attempt) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      if (attempt < 3) response.write(CONTENT.subarray(0, attempt * 100_000), () => response.destroy());
      else response.end(CONTENT);
    },
    async (repository) => assert.ok((await repository.fetchBytes(BLOB, 1e6)).equals(CONTENT)),
  ));

test('an upload that breaks starts anew, with its content from the beginning', () =>
  against(
    ({ method, url, body }, response, attempt) => {
      if (method === 'HEAD') return response.writeHead(404).end();
      if (method === 'POST') return response.writeHead(202, { location: `${url}${attempt}?state=a%2Fb+c` }).end();
      if (url.includes('/1?')) return response.destroy();
      return response.writeHead(body === CONTENT.toString('latin1') ? 201 : 400).end();
    },
    async (repository, server) => {
      let opened = 0;
      const open = (): Readable => {
        opened++;
        return Readable.from([CONTENT]);
      };
      assert.is(await repository.pushBlob(BLOB, open), 'uploaded');
      assert.is(opened, 2);
      const upload = server.requests.findLast(({ method }) => method === 'PUT');
      assert.match(
        upload?.url ?? '',
        /\/2\?state=a%2Fb\+c&digest=sha256%3A/,
        'the query of Location stays to the letter',
      );
    },
  ));

test('content that cannot be read is its own error, not the network', () =>
  against(
    ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(404).end();
      else if (method === 'POST') response.writeHead(202, { location: '/upload' }).end();
      else response.writeHead(201).end();
    },
    async (repository) => {
      const open = (): Readable =>
        Readable.from(
          (async function* () {
            yield CONTENT.subarray(0, 10);
            throw new TsbuildError('CHANGED', 'the file changed');
          })(),
        );
      assert.is((await rejection(repository.pushBlob(BLOB, open))).code, 'CHANGED');
    },
  ));

test('an upload that the server stops reading is given up', async () => {
  const server = createServer((request, response) => {
    if (request.method === 'PUT') return;
    request.resume();
    if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end();
    else response.writeHead(request.method === 'HEAD' ? 404 : 200).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent' }, idleTimeout: 200 });
  try {
    const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endless = { ...BLOB, size: 2 ** 40 };
    const error = await rejection(client.pushRepository({ domain, path: 'a' }).pushBlob(endless, flood));
    assert.is(error.code, 'NETWORK');
    assert.match(error.message, /stopped reading/);
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
});

function flood(): Readable {
  const chunk = Buffer.alloc(1 << 20);
  return new Readable({
    read() {
      this.push(chunk);
    },
  });
}

test('a cancelled pause ends at once', async () => {
  const controller = new AbortController();
  const failing = withRetries({ attempts: 5, firstDelay: 60_000, maxDelay: 60_000 }, controller.signal, async () => {
    setTimeout(() => controller.abort(), 10);
    throw new TransientError(new TsbuildError('NETWORK', 'x'));
  });
  assert.is((await rejection(failing)).code, 'CANCELLED');
});

const NOW = Date.parse('2024-01-01T00:00:00Z');
const RETRY_AFTER: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['5', 5000],
  ['0', 0],
  ['Mon, 01 Jan 2024 00:00:10 GMT', 10_000],
  ['Sun, 31 Dec 2023 00:00:00 GMT', 0],
  ['-5', undefined],
  ['soon', undefined],
  ['99999999999999999999', undefined],
];

for (const [header, milliseconds] of RETRY_AFTER) {
  test(`Retry-After: ${header}`, () => assert.is(parseRetryAfter(header, NOW), milliseconds));
}

test.run();
