import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { digestOf } from '../../src/base/digest.ts';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { describe, makeImage } from '../support/image.ts';
import { rejection } from './errors.ts';
import { startServer } from './server.ts';

const test = suite('settings of registries');

const IMAGE = makeImage([[{ path: 'x', content: 'x' }]]);
const BLOB = describe(OCI_LAYER, Buffer.from('content'));
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-settings-'));
let prefixed: TestRegistry;
let secure: TestRegistry;

test.before(async () => {
  [prefixed, secure] = await Promise.all([startRegistry({ prefix: '/below/it/' }), startRegistry({ tls: true })]);
  for (const path of ['app', 'copies/library/app']) {
    await withSettings(`registries: {first.test: {url: 'http://${prefixed.host}/below/it'}}`, async (client) => {
      const to = client.pushRepository({ domain: 'first.test', path });
      for (const [digest, bytes] of IMAGE.blobs) {
        await to.pushBlob({ mediaType: OCI_LAYER, digest, size: bytes.length }, () => Readable.from([bytes]));
      }
      await to.pushManifest(IMAGE.manifestBytes, IMAGE.descriptor.mediaType, '1');
    });
  }
});
test.after(async () => {
  await Promise.all([prefixed.stop(), secure.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

async function withSettings<T>(yaml: string, action: (client: RegistryClient) => Promise<T>): Promise<T> {
  const path = join(directory, 'config.yaml');
  writeFileSync(path, yaml);
  const env = { DOCKER_CONFIG: '/nonexistent', TSBUILD_CONFIG: path };
  const client = new RegistryClient({ env, retries: { attempts: 1 }, connectTimeout: 2000 });
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

const app = { domain: 'docker.io', path: 'library/app' };

test('a registry below a path, in plain http, under another name', () =>
  withSettings(`registries:\n  any.test:443:\n    url: http://${prefixed.host}/below/it/\n`, async (client) => {
    const from = client.repository({ domain: 'any.test:443', path: 'app' });
    assert.equal(await from.resolve('1'), IMAGE.descriptor);
    assert.is((await from.fetchBytes(IMAGE.manifest.config, 1e6)).length, IMAGE.manifest.config.size);
  }));

test('an authority of its own is a path relative to the settings; the rest of the machine is not asked', async () => {
  writeFileSync(join(directory, 'own.pem'), '');
  const at = (ca: string) => `registries: {'${secure.host}': {ca: '${ca}'}}`;
  await withSettings(at(secure.caFile ?? ''), async (client) => {
    const to = client.pushRepository({ domain: secure.host, path: 'a' });
    assert.is(await to.pushBlob(BLOB, () => Readable.from([Buffer.from('content')])), 'uploaded');
  });
  const other = await withSettings(at('own.pem'), (client) =>
    rejection(client.repository({ domain: secure.host, path: 'a' }).resolve('1')),
  );
  assert.match(other.message, /certificate|self.signed/i);
});

test('mirrors are asked in their order, and the registry last', async () => {
  const empty = await startServer((_, response) => response.writeHead(404).end());
  const origin = await startServer((_, response) => response.writeHead(500).end());
  const yaml = (mirrors: readonly string[]) => `
registries:
  docker.io:
    url: ${origin.url}
    mirrors: [${mirrors.join(', ')}]
  good.test:
    url: http://${prefixed.host}/below/it
`;
  try {
    await withSettings(yaml(['127.0.0.1:1', empty.host, 'good.test/copies']), async (client) => {
      const from = client.repository(app);
      assert.equal(await from.resolve('1'), IMAGE.descriptor);
      for await (const _ of await from.fetchBlob(IMAGE.manifest.config));
      assert.is(from.name, 'docker.io/library/app');
    });
    assert.equal(
      empty.requests.map(({ url }) => url.replace(/\/sha.*/, '')),
      ['/v2/library/app/manifests/1', '/v2/library/app/blobs'],
    );
    assert.is(origin.requests.length, 0);
    await withSettings(yaml([empty.host]), async (client) => {
      assert.match((await rejection(client.repository(app).resolve('1'))).message, /answered 500/);
      await rejection(client.pushRepository(app).pushManifest(IMAGE.manifestBytes, 'x', '1'));
    });
    assert.not.ok(
      empty.requests.some(({ method }) => method === 'PUT'),
      'nothing is pushed to a mirror',
    );
  } finally {
    await Promise.all([empty.stop(), origin.stop()]);
  }
});

test('a mirror that lies about a blob, or breaks off, gives way to the next one', async () => {
  const { config } = IMAGE.manifest;
  const liar = await startServer((_, response) => response.end(Buffer.alloc(config.size, 'lie')));
  const breaker = await startServer((_, response) => {
    response.writeHead(200, { 'content-length': config.size });
    response.write('x', () => response.destroy());
  });
  try {
    const yaml = `
registries:
  docker.io: {mirrors: [${liar.host}, ${breaker.host}, good.test/copies]}
  good.test: {url: 'http://${prefixed.host}/below/it'}
`;
    await withSettings(yaml, async (client) => {
      const received: Buffer[] = [];
      let times = 0;
      await client.repository(app).download(config, async (stream) => {
        received.length = 0;
        times++;
        for await (const chunk of stream) received.push(chunk);
      });
      assert.is(digestOf(Buffer.concat(received)), config.digest);
      assert.is(times, 3);
    });
  } finally {
    await Promise.all([liar.stop(), breaker.stop()]);
  }
});

const WRONG: readonly (readonly [yaml: string, message: RegExp])[] = [
  ['registries: [', /is not YAML/],
  ['- a', /is not a map of sections/],
  ['registry: {}', /unknown section registry/],
  ['registries: 1', /registries is not a map of registries/],
  ['registries: {"a/b": {}}', /registries\.a\/b is not named by HOST/],
  ['registries: {a.test: {mirror: x}}', /registries\.a\.test\.mirror is not one of url, mirrors/],
  ['registries: {a.test: {url: ftp://x}}', /a\.test\.url is not a URL/],
  ['registries: {a.test: {mirrors: ["https://x"]}}', /mirrors\[0\] is not HOST/],
  ['registries: {a.test: {mirrors: ["x/../y"]}}', /mirrors\[0\] is not HOST/],
  ['registries: {a.test: {insecure: "yes"}}', /insecure is not true or false/],
  ['registries: {a.test: {ca: 1}}', /ca is not the path/],
];

for (const [yaml, message] of WRONG) {
  test(`${yaml}: an error that names the place`, async () => {
    const error = await rejection(withSettings(yaml, async () => undefined));
    assert.is(error.code, 'INVALID');
    assert.match(error.message, message);
    assert.match(`${error.source?.name} ${error.message}`, 'config.yaml');
  });
}

const REFERRERS: readonly (readonly [what: string, api: boolean])[] = [
  ['the API', true],
  ['the tag, where there is no API', false],
];

for (const [what, api] of REFERRERS) {
  test(`referrers are found through ${what}`, async () => {
    const one = { ...IMAGE.descriptor, artifactType: 'application/x-signature' };
    const index = JSON.stringify({ schemaVersion: 2, manifests: [one, { ...one, artifactType: 'other' }] });
    const type = 'application/vnd.oci.image.index.v1+json';
    const tag = `/v2/a/manifests/${IMAGE.descriptor.digest.replace(':', '-')}`;
    const server = await startServer(({ url }, response) => {
      if (url.startsWith('/v2/a/referrers/') ? api : url === tag)
        response.writeHead(200, { 'content-type': type }).end(index);
      else response.writeHead(404).end();
    });
    try {
      await withSettings('', async (client) => {
        const from = client.repository({ domain: server.host, path: 'a' });
        assert.equal(await from.referrers(IMAGE.descriptor.digest, 'application/x-signature'), [one]);
        assert.is((await from.referrers(IMAGE.descriptor.digest)).length, 2);
      });
    } finally {
      await server.stop();
    }
  });
}

test.run();
