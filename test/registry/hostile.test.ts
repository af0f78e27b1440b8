import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../src/base/digest.ts';
import { MAX_MANIFEST_SIZE } from '../../src/oci/manifest.ts';
import { OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import { type HttpOptions, type ReadableRepository, RegistryClient } from '../../src/registry/index.ts';
import { describe, makeImage } from '../support/image.ts';
import { rejection } from './errors.ts';
import { type Handler, type LoopbackServer, startServer } from './server.ts';

const test = suite('registries that lie, stall or flood');

const CONTENT = Buffer.alloc(300_000, 'content ');
const BLOB = describe(OCI_LAYER, CONTENT);
const IMAGE = makeImage([[{ path: 'x' }]]);
const RETRIES = { attempts: 3, firstDelay: 1, maxDelay: 2000 };

/** Runs `action` against a server with this handler. */
async function against<T>(
  handler: Handler,
  action: (repository: ReadableRepository, server: LoopbackServer) => Promise<T>,
  options: HttpOptions = {},
): Promise<T> {
  const server = await startServer(handler);
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent' }, retries: RETRIES, ...options });
  try {
    return await action(client.repository({ domain: server.host, path: 'a' }), server);
  } finally {
    await client.close();
    await server.stop();
  }
}

const BLOBS: readonly (readonly [what: string, handler: Handler, message: RegExp, requests: number])[] = [
  [
    'other content of the same size',
    (_, response) => response.end(Buffer.alloc(CONTENT.length, 'malware ')),
    /content with the digest sha256:/,
    1,
  ],
  [
    'a longer body',
    (_, response) => response.end(Buffer.concat([CONTENT, Buffer.from('x')])),
    /more than its 300000/,
    1,
  ],
  ['an endless body', (_, response) => flood(response), /more than its 300000 bytes/, 1],
  ['always a short body', (_, response) => response.end(CONTENT.subarray(0, 10)), /only 10 of its 300000 bytes/, 3],
  [
    'a length that it does not keep',
    (_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 10), () => response.destroy());
    },
    /cannot talk to/,
    3,
  ],
  [
    'another range than the one asked for',
    (request, response) => {
      if (request.headers.range === undefined) response.end(CONTENT.subarray(0, 10));
      else response.writeHead(206, { 'content-range': 'bytes 0-5/300000' }).end('012345');
    },
    /another range/,
    2,
  ],
  ['a compressed answer nobody asked for', (_, response) => response.writeHead(304).end(), /answered 304/, 1],
];

for (const [what, handler, message, requests] of BLOBS) {
  test(`a blob: ${what}`, () =>
    against(handler, async (repository, server) => {
      const error = await rejection(repository.fetchBytes(BLOB, 1e6));
      assert.match(error.message, message);
      assert.ok(['REGISTRY', 'NETWORK'].includes(error.code), error.code);
      assert.is(server.requests.filter(({ url }) => url.includes('/blobs/')).length, requests);
    }));
}

test('a blob never yields more than its descriptor says', () =>
  against(
    (_, response) => flood(response),
    async (repository) => {
      let received = 0;
      const stream = await repository.fetchBlob(BLOB, { onProgress: (_, current) => assert.ok(current <= BLOB.size) });
      const reading = (async () => {
        for await (const chunk of stream) received += chunk.length;
      })();
      await rejection(reading);
      assert.ok(received <= BLOB.size);
    },
  ));

const manifestAs = (body: Buffer, headers: Record<string, string>): Handler => {
  return (_, response) => response.writeHead(200, headers).end(body);
};

const MANIFESTS: readonly (readonly [what: string, handler: Handler, message: RegExp])[] = [
  [
    'other content',
    manifestAs(Buffer.from('{"schemaVersion": 2}'), { 'content-type': OCI_MANIFEST }),
    /content with the/,
  ],
  ['an endless body', (_, response) => flood(response), new RegExp(`more than ${MAX_MANIFEST_SIZE} bytes`)],
  ['HTML instead', manifestAs(Buffer.from('<html>'), { 'content-type': 'text/html' }), /content with the digest/],
];

for (const [what, handler, message] of MANIFESTS) {
  test(`a manifest by digest: ${what}`, () =>
    against(handler, async (repository) => {
      assert.match((await rejection(repository.fetchManifest(IMAGE.descriptor.digest))).message, message);
    }));
}

test('a digest in a header counts for nothing when the content is there', () =>
  against(
    (_, response) => {
      const length = IMAGE.manifestBytes.length;
      const lie = { 'docker-content-digest': digestOf('a lie'), 'content-length': length };
      response.writeHead(200, { 'content-type': OCI_MANIFEST, ...lie }).end(IMAGE.manifestBytes);
    },
    async (repository) => {
      assert.is((await repository.fetchManifest('x')).descriptor.digest, IMAGE.descriptor.digest);
      assert.match((await rejection(repository.resolve(IMAGE.descriptor.digest))).message, /content with the digest/);
    },
  ));

for (const headers of [{}, { 'docker-content-digest': 'sha256:../../x', 'content-type': OCI_MANIFEST }]) {
  test(`resolving reads the manifest where the headers say ${JSON.stringify(headers)}`, () =>
    against(
      (_, response) => response.writeHead(200, headers).end(IMAGE.manifestBytes),
      async (repository) => assert.equal(await repository.resolve('x'), IMAGE.descriptor),
    ));
}

test('the media type comes from the document where the header means nothing', () => {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
  return against(manifestAs(bytes, { 'content-type': 'text/plain' }), async (repository) => {
    assert.is((await repository.fetchManifest('x')).descriptor.mediaType, OCI_INDEX);
  });
});

test('a web server that is no registry', () =>
  against(manifestAs(Buffer.from('<html>'), { 'content-type': 'text/html' }), async (repository) => {
    const error = await rejection(repository.fetchManifest('x'));
    assert.is(error.code, 'REGISTRY');
    assert.match(error.hint ?? '', /a registry\?/);
  }));

test('text of a registry cannot steer a terminal, and stays short', () => {
  const message = `\u001b[2J\u202e evil \r\n${'x'.repeat(10_000)}`;
  const handler: Handler = (_, response) => response.writeHead(400).end(JSON.stringify({ errors: [{ message }] }));
  return against(handler, async (repository) => {
    const error = await rejection(repository.fetchManifest('x'));
    assert.match(error.message, /evil/);
    assert.not.match(error.message, /[\p{Cc}\p{Cf}]/u);
    assert.ok(error.message.length < 500);
  });
});

for (const body of [
  '',
  'null',
  '[]',
  '{"errors": 1}',
  '{"errors": [null, 1, {"message": 2, "code": "X"}]}',
  '<html>',
]) {
  test(`an error with the body ${body} is still an error`, () =>
    against(
      (_, response) => response.writeHead(418).end(body),
      async (repository) => {
        const error = await rejection(repository.fetchManifest('x'));
        assert.is(error.code, 'REGISTRY');
        assert.match(error.message, /answered 418/);
      },
    ));
}

test('an endless error is not read to its end', () =>
  against(
    (_, response) => flood(response, 403),
    async (repository) => assert.is((await rejection(repository.fetchManifest('x'))).code, 'DENIED'),
  ));

test('a registry that says nothing is given up', () =>
  against(
    ({ url }, response) => {
      if (url === '/v2/') response.end();
    },
    async (repository) => {
      const error = await rejection(repository.fetchManifest('x'));
      assert.is(error.code, 'NETWORK');
      assert.match(error.message, /Headers Timeout/);
    },
    { headersTimeout: 200, retries: { attempts: 1 } },
  ));

test('a body that stops is given up', () =>
  against(
    (_, response) => response.write('beginning'),
    async (repository) => {
      const error = await rejection(repository.fetchBytes(BLOB, 1e6));
      assert.is(error.code, 'NETWORK');
      assert.match(error.message, /Body Timeout/);
    },
    { idleTimeout: 200, retries: { attempts: 1 } },
  ));

test('headers without end are refused', () =>
  against(
    (_, response) => response.writeHead(200, { 'x-filler': 'x'.repeat(1 << 20) }).end(),
    async (repository) => {
      const error = await rejection(repository.fetchManifest('x'));
      assert.is(error.code, 'NETWORK');
      assert.match(error.message, /Headers Overflow/);
    },
  ));

test('a manifest of 10 GB is refused by what is said of it, and by what comes', () =>
  against(
    ({ method }, response) => {
      const headers = { 'content-type': OCI_MANIFEST, 'content-length': 10e9 };
      response.writeHead(200, { ...headers, 'docker-content-digest': IMAGE.descriptor.digest });
      if (method === 'HEAD') response.end();
      else response.write(Buffer.alloc(MAX_MANIFEST_SIZE + 1), () => undefined);
    },
    async (repository) => {
      assert.is((await repository.resolve('x')).size, 10e9);
      assert.match((await rejection(repository.fetchManifest('x'))).message, /more than 4194304 bytes/);
      assert.match((await rejection(repository.fetchBytes({ ...BLOB, size: 10e9 }, 1e6))).message, /more than 1000000/);
    },
  ));

test('a list that says that it goes on for ever is read once', () =>
  against(
    (_, response) => {
      const list = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [IMAGE.descriptor] });
      response.writeHead(200, { 'content-type': OCI_INDEX, link: '</v2/a/referrers/x?n=1>; rel="next"' }).end(list);
    },
    async (repository, server) => {
      assert.equal(await repository.referrers(IMAGE.descriptor.digest), [IMAGE.descriptor]);
      assert.is(server.requests.filter(({ url }) => url.includes('/referrers/')).length, 1);
    },
  ));

/** What a token server answers, and what is said of it. */
const TOKENS: readonly (readonly [what: string, answer: (response: ServerResponse) => void, message: RegExp])[] = [
  ['without end', (response) => flood(response), /more than 1048576 bytes/],
  ['that is no JSON', (response) => response.end('<html>'), /answered without a token/],
  ['deeper than any', (response) => response.end('['.repeat(500_000) + ']'.repeat(500_000)), /without a token/],
  ['that would be two headers', (response) => response.end('{"token": "a\\r\\nx: y"}'), /without a token/],
];

for (const [what, answer, message] of TOKENS) {
  test(`a token ${what}`, () =>
    against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) answer(response);
        else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end();
      },
      async (repository) => assert.match((await rejection(repository.fetchManifest('x'))).message, message),
    ));
}

const LARGE = Buffer.alloc(17 << 20);

/** What a registry says of how far an upload is after its first part, which are 16 MiB. */
for (const range of ['0-5', '0-99999999']) {
  test(`an upload that is at ${range} whatever is sent ends`, () =>
    against(
      ({ method, url }, response) => {
        const headers = { location: '/v2/a/blobs/uploads/1', range };
        if (method === 'HEAD') response.writeHead(404).end();
        else if (method === 'PUT') response.writeHead(503).end();
        else if (method === 'GET' && url.includes('uploads'))
          response.writeHead(204, { ...headers, range: '0-9' }).end();
        else response.writeHead(202, headers).end();
      },
      async (_, server) => {
        const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent' }, retries: RETRIES });
        const to = client.pushRepository({ domain: server.host, path: 'a' });
        const pushing = to.pushBlob(describe(OCI_LAYER, LARGE), (start) => Readable.from([LARGE.subarray(start)]));
        assert.match((await rejection(pushing)).message, /the registry has \d+ bytes of a blob after those from/);
        await client.close();
      },
    ));
}

/** Writes until nobody listens. */
function flood(response: ServerResponse, status = 200): void {
  response.writeHead(status);
  const chunk = Buffer.alloc(64 * 1024, 'content ');
  const write = (): void => {
    if (response.destroyed) return;
    if (response.write(chunk)) setImmediate(write);
    else response.once('drain', write);
  };
  write();
}

test.run();
