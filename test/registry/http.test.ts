import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCertificate } from '../../fixtures/certificate.ts';
import { HttpClient, type HttpDocument } from '../../src/registry/index.ts';
import { rejection } from './errors.ts';
import { type Handler, startServer } from './server.ts';

const test = suite('plain URLs');

async function get(
  handler: Handler,
  path = '/file',
  headers?: Record<string, string>,
): Promise<[HttpDocument, string]> {
  const server = await startServer(handler);
  const client = new HttpClient({ env: {}, retries: { attempts: 2, firstDelay: 1 } });
  try {
    const document = await client.open(new URL(path, server.url), { headers });
    return [document, (await contentOf(document)).toString()];
  } finally {
    await client.close();
    await server.stop();
  }
}

async function contentOf(document: HttpDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of document.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a document with its headers, after redirects and a server that was busy', async () => {
  const [document, content] = await get((request, response, attempt) => {
    if (request.url === '/file') response.writeHead(302, { location: '/moved?x=1' }).end();
    else if (attempt === 1) response.writeHead(503).end();
    else response.writeHead(200, { etag: '"e"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }).end('content');
  });
  assert.is(content, 'content');
  assert.equal([document.status, document.url.pathname, document.header('etag')], [200, '/moved', '"e"']);
});

test('nothing newer', async () => {
  const [document] = await get(
    ({ headers }, response) => response.writeHead(headers['if-none-match'] === '"e"' ? 304 : 200).end(),
    '/file',
    { 'if-none-match': '"e"' },
  );
  assert.is(document.status, 304);
});

for (const [status, code] of [
  [404, 'NOT_FOUND'],
  [403, 'DENIED'],
  [500, 'REGISTRY'],
] as const) {
  test(`${status} is ${code}, without the secrets of the URL`, async () => {
    const error = await rejection(get((_, response) => response.writeHead(status).end(), '/file?signature=secret'));
    assert.is(error.code, code);
    assert.match(error.message, /\/file: /);
    assert.not.match(error.message, /secret/);
  });
}

test('a body that breaks off is a NETWORK error', async () => {
  const breaking = get((_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('part', () => response.destroy());
  });
  assert.is((await rejection(breaking)).code, 'NETWORK');
});

test('a certificate counts on loopback too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-http-'));
  const { caFile, certificateFile, keyFile } = makeCertificate(directory, ['127.0.0.1']);
  const server = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (_, response) => {
    response.end('secure');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const [trusting, strict] = [new HttpClient({ env: { SSL_CERT_FILE: caFile } }), new HttpClient({ env: {} })];
  try {
    assert.is((await contentOf(await trusting.open(url))).toString(), 'secure');
    assert.is((await rejection(strict.open(url))).code, 'NETWORK');
  } finally {
    await Promise.all([trusting.close(), strict.close()]);
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test.run();
