import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { type PushRepository, RegistryClient } from '../../src/registry/index.ts';
import { describe } from '../support/image.ts';
import { rejection } from './errors.ts';
import { type LoopbackServer, type SeenRequest, startServer } from './server.ts';

const test = suite('uploads in parts');

const MIB = 1024 * 1024;
const CONTENT = randomBytes(40 * MIB);
const BLOB = describe(OCI_LAYER, CONTENT);
const open = (start: number): Readable => Readable.from([CONTENT.subarray(start)]);

type Fault = (request: SeenRequest, response: ServerResponse) => boolean;

/** A registry of the specification that takes parts in order, and says how far an upload is. */
class Uploads {
  stored: Buffer | undefined;
  readonly fault: Fault;
  readonly headers: Record<string, string>;
  readonly parts: string[] = [];
  #bytes = Buffer.alloc(0);

  /** `headers` goes with the answer that begins an upload; `fault` answers in the place of the registry. */
  constructor(fault: Fault, headers: Record<string, string> = {}) {
    this.fault = fault;
    this.headers = headers;
  }

  handle = (request: SeenRequest, response: ServerResponse): void => {
    const { method, url, headers, body } = request;
    const location = '/v2/a/blobs/uploads/one?state=x';
    if (!url.startsWith('/v2/a/blobs')) return void response.end();
    if (method !== 'HEAD')
      this.parts.push(`${method} ${headers['content-range'] ?? headers['content-length'] ?? ''}`.trim());
    if (this.fault(request, response)) return;
    const range = this.#bytes.length > 0 ? { range: `0-${this.#bytes.length - 1}` } : {};
    if (method === 'HEAD') return void response.writeHead(this.stored === undefined ? 404 : 200).end();
    if (method === 'POST') {
      this.#bytes = Buffer.alloc(0);
      return void response.writeHead(202, { location, ...this.headers }).end();
    }
    if (method === 'GET') return void response.writeHead(204, { location, ...range }).end();
    const start = Number(/^(\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? this.#bytes.length);
    if (start !== this.#bytes.length) return void response.writeHead(416).end();
    this.keep(body);
    if (method === 'PATCH') {
      return void response.writeHead(202, { location, range: `0-${this.#bytes.length - 1}` }).end();
    }
    const digest = `sha256:${createHash('sha256').update(this.#bytes).digest('hex')}`;
    if (new URL(url, 'http://x').searchParams.get('digest') !== digest) return void response.writeHead(400).end();
    this.stored = this.#bytes;
    response.writeHead(201).end();
  };

  keep(body: string): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(body, 'latin1')]);
  }
}

async function against(
  uploads: Uploads,
  action: (repository: PushRepository, server: LoopbackServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(uploads.handle);
  const retries = { attempts: 4, firstDelay: 1, maxDelay: 10 };
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent', HOME: '/nonexistent' }, retries });
  try {
    await action(client.pushRepository({ domain: server.host, path: 'a' }), server);
  } finally {
    await client.close();
    await server.stop();
  }
}

/** Answers the requests with these numbers (from 1, among those with a body) in another way. */
function onRequests(
  numbers: readonly number[],
  answer: (uploads: Uploads, ...args: Parameters<Fault>) => void,
): Uploads {
  let count = 0;
  const uploads: Uploads = new Uploads((request, response) => {
    if (!['PATCH', 'PUT'].includes(request.method) || !numbers.includes(++count)) return false;
    answer(uploads, request, response);
    return true;
  });
  return uploads;
}

const range = (start: number, end: number): string => `${start * MIB}-${end * MIB - 1}`;
const STARTS = ['POST 0', `PUT ${BLOB.size}`];

const TABLE: readonly (readonly [what: string, uploads: Uploads, parts: readonly string[]])[] = [
  ['one request where nothing breaks', onRequests([], () => undefined), STARTS],
  [
    'what broke goes on in parts from where the registry says',
    onRequests([1, 3], (uploads, { body }, response) => {
      uploads.keep(body.slice(0, 10 * MIB));
      response.destroy();
    }),
    [...STARTS, 'GET', `PATCH ${range(10, 26)}`, `PATCH ${range(26, 40)}`, 'GET', `PATCH ${range(36, 40)}`, 'PUT 0'],
  ],
  [
    'an upload that the registry has lost starts anew',
    onRequests([1, 3], (_, { method }, response) => {
      if (method === 'PUT') response.destroy();
      else response.writeHead(404).end();
    }),
    [
      ...STARTS,
      'GET',
      `PATCH ${range(0, 16)}`,
      `PATCH ${range(16, 32)}`,
      'POST 0',
      `PATCH ${range(0, 16)}`,
      `PATCH ${range(16, 32)}`,
      `PATCH ${range(32, 40)}`,
      'PUT 0',
    ],
  ],
  [
    'a part that is too large is made smaller',
    onRequests([1, 2], (_, __, response) => response.writeHead(413).end()),
    [
      ...STARTS,
      'POST 0',
      `PATCH ${range(0, 16)}`,
      'POST 0',
      ...[0, 8, 16, 24, 32].map((start) => `PATCH ${range(start, start + 8)}`),
      'PUT 0',
    ],
  ],
  [
    'an answer that was lost is not the loss of the blob',
    onRequests([1], (uploads, { body }, response) => {
      uploads.stored = Buffer.from(body, 'latin1');
      response.destroy();
    }),
    [...STARTS, 'GET'],
  ],
];

for (const [what, uploads, parts] of TABLE) {
  test(what, () =>
    against(uploads, async (repository) => {
      assert.is(await repository.pushBlob(BLOB, open), 'uploaded');
      assert.ok(uploads.stored?.equals(CONTENT));
      assert.equal(uploads.parts, parts);
    }),
  );
}

test('parts are not smaller than the registry says', () => {
  const first = onRequests([1], (_, __, response) => response.destroy());
  const uploads = new Uploads(
    (request, response) =>
      request.method === 'GET' ? !!response.writeHead(404).end() : first.fault(request, response),
    { 'oci-chunk-min-length': String(30 * MIB) },
  );
  return against(uploads, async (repository) => {
    assert.is(await repository.pushBlob(BLOB, open), 'uploaded');
    assert.equal(uploads.parts.slice(2), ['GET', 'POST 0', `PATCH ${range(0, 30)}`, `PATCH ${range(30, 40)}`, 'PUT 0']);
  });
});

test('an upload that never gets anywhere is given up', () =>
  against(
    onRequests([...Array(100).keys()], (_, __, response) => response.destroy()),
    async (repository) => {
      assert.is((await rejection(repository.pushBlob(BLOB, open))).code, 'NETWORK');
    },
  ));

test('400 to a whole blob is final', () => {
  const uploads = onRequests([1], (_, __, response) => response.writeHead(400).end('{"errors":[{"message":"no"}]}'));
  return against(uploads, async (repository) => {
    assert.match((await rejection(repository.pushBlob(BLOB, open))).message, /answered 400 no/);
    assert.equal(uploads.parts, STARTS);
  });
});

test.run();
