import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { describe } from '../support/image.ts';
import { rejection } from './errors.ts';
import { startServer } from './server.ts';

const test = suite('proxies and certificates');

const DOMAIN = 'registry.test';
const CONTENT = Buffer.from('content');
const BLOB = describe(OCI_LAYER, CONTENT);

let registry: TestRegistry;
let proxy: Server;
let proxyUrl: string;
const connected: string[] = [];

/** A proxy that takes every name for that of the registry on loopback. */
function startProxy(): Server {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    connected.push(`${request.url} ${request.headers['proxy-authorization'] ?? 'anonymous'}`);
    const upstream = connect(registry.port, '127.0.0.1', () => client.write('HTTP/1.1 200 Established\r\n\r\n'));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, upstream].map((end) => end.destroy()));
    }
    client.pipe(upstream).pipe(client);
  });
  server.on('close', () => [...sockets].map((socket) => socket.destroy()));
  return server;
}

test.before(async () => {
  registry = await startRegistry({ tls: [DOMAIN] });
  proxy = startProxy();
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
test.after(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await registry.stop();
});
test.before.each(() => {
  connected.length = 0;
});

async function withEnv<T>(env: NodeJS.ProcessEnv, action: (client: RegistryClient) => Promise<T>): Promise<T> {
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent', ...env }, retries: { attempts: 1 } });
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

for (const variable of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
  test(`through a proxy to a registry whose authority is in ${variable}`, () =>
    withEnv({ HTTPS_PROXY: proxyUrl, [variable]: registry.caFile }, async (client) => {
      const repository = client.pushRepository({ domain: DOMAIN, path: variable.toLowerCase() });
      assert.is(await repository.pushBlob(BLOB, () => Readable.from([CONTENT])), 'uploaded');
      assert.ok((await repository.fetchBytes(BLOB, 100)).equals(CONTENT));
      assert.equal(new Set(connected), new Set([`${DOMAIN}:443 anonymous`]));
    }));
}

test('the password of the proxy is for the proxy', () => {
  const url = proxyUrl.replace('//', '//me:secret@');
  return withEnv({ https_proxy: url, SSL_CERT_FILE: registry.caFile }, async (client) => {
    await client.repository({ domain: DOMAIN, path: 'a' }).hasBlob(BLOB.digest);
    assert.equal(connected, [`${DOMAIN}:443 Basic ${Buffer.from('me:secret').toString('base64')}`]);
  });
});

test('an unknown authority is refused, with advice', () =>
  withEnv({ HTTPS_PROXY: proxyUrl }, async (client) => {
    const error = await rejection(client.repository({ domain: DOMAIN, path: 'a' }).hasBlob(BLOB.digest));
    assert.is(error.code, 'NETWORK');
    assert.match(error.hint ?? '', /SSL_CERT_FILE/);
  }));

test('a certificate of another name is refused', () =>
  withEnv({ HTTPS_PROXY: proxyUrl, SSL_CERT_FILE: registry.caFile }, async (client) => {
    const error = await rejection(client.repository({ domain: 'other.test', path: 'a' }).hasBlob(BLOB.digest));
    assert.is(error.code, 'NETWORK');
    assert.match(error.message, /other\.test/);
  }));

test('a file of authorities that is not there is an error, not less security', () =>
  withEnv({ SSL_CERT_FILE: '/nonexistent/ca.pem' }, async (client) => {
    const error = await rejection(client.repository({ domain: DOMAIN, path: 'a' }).hasBlob(BLOB.digest));
    assert.match(error.message, /SSL_CERT_FILE/);
  }));

test('loopback goes without the proxy', async () => {
  const server = await startServer((_, response) => response.end());
  try {
    await withEnv({ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl }, async (client) => {
      assert.ok(await client.repository({ domain: server.host, path: 'a' }).hasBlob(BLOB.digest));
    });
    assert.equal(connected, []);
  } finally {
    await server.stop();
  }
});

test('NO_PROXY names hosts that go without the proxy', async () => {
  const env = { DOCKER_CONFIG: '/nonexistent', HTTPS_PROXY: proxyUrl, NO_PROXY: '127.0.0.9' };
  const client = new RegistryClient({ env, insecureLoopback: false, retries: { attempts: 1 } });
  try {
    const error = await rejection(client.repository({ domain: '127.0.0.9:1', path: 'a' }).hasBlob(BLOB.digest));
    assert.match(error.message, /ECONNREFUSED 127\.0\.0\.9:1/);
    assert.equal(connected, []);
  } finally {
    await client.close();
  }
});

test('a registry that was declared insecure is reached in http', async () => {
  const server = await startServer((_, response) => response.end());
  const port = server.host.replace(/.*:/, '');
  const options = { env: { DOCKER_CONFIG: '/nonexistent' }, insecureLoopback: false, retries: { attempts: 1 } };
  const domain = `127.0.0.1:${port}`;
  const [strict, lenient] = [new RegistryClient(options), new RegistryClient({ ...options, insecure: [domain] })];
  try {
    assert.is((await rejection(strict.repository({ domain, path: 'a' }).hasBlob(BLOB.digest))).code, 'NETWORK');
    assert.ok(await lenient.repository({ domain, path: 'a' }).hasBlob(BLOB.digest));
  } finally {
    await Promise.all([strict.close(), lenient.close(), server.stop()]);
  }
});

test.run();
