import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { digestOf } from '../../src/base/digest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import type { Descriptor, Index, Manifest } from '../../src/oci/types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { describe } from '../support/image.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';

const test = suite('a registry below a path behind an nginx with troubles');

const PREFIX = '/some/where/';
const ACCOUNT = { user: 'me', password: 'pass:word' };
const RETRIES = { attempts: 15, firstDelay: 2, maxDelay: 2000 };
/** More than what nginx takes unless it is told otherwise, and less. */
const LAYERS = [1_500_000, 500_000, 400_000];
const MAX_ROUNDS = 30;

const TROUBLES = `
  split_clients $connection/$connection_requests/$msec $chance { 6% busy; 6% limited; 8% gone; 12% halting; * none; }
  map "$chance $request_method" $trouble { "halting GET" halting; ~^halting none; default $chance; }
  map $trouble $retry_after { limited 1; busy 0; default ""; }
  log_format served '$request_method $status $trouble';`;

const server = (registry: string) => `
    auth_basic registry;
    auth_basic_user_file users;
    limit_rate 20m;
    add_header Retry-After $retry_after always;
    proxy_set_header Host $http_host;
    proxy_request_buffering off;
    error_page 418 = @halting;
    location / {
      if ($trouble = busy) { return 503; }
      if ($trouble = limited) { return 429; }
      if ($trouble = gone) { return 444; }
      if ($trouble = halting) { return 418; }
      proxy_pass http://${registry};
    }
    location @halting {
      proxy_pass http://halting;
      proxy_read_timeout 150ms;
    }`;

/** A server that falls silent in the middle of what is large. */
const halting = (registry: string, directory: string) => `
  upstream halting { server unix:${directory}/halting; }
  server {
    listen unix:${directory}/halting;
    access_log off;
    limit_rate 200k;
    location / { proxy_pass http://${registry}; proxy_set_header Host $http_host; }
  }`;

/** What nginx has to have done before the test ends. */
const DEEDS: Readonly<Record<string, RegExp>> = {
  'ask who it is': /^\w+ 401 /,
  'refuse what is large': /^(PUT|PATCH) 413 /,
  'be busy': / 503 busy$/,
  'limit requests': / 429 limited$/,
  'end connections of downloads': /^GET 444 gone$/,
  'end connections of uploads': /^(PUT|PATCH) 444 gone$/,
  'end bodies in their middle': /^GET 20[06] halting$/,
  'go on from there': /^GET 206 /,
};

let registry: TestRegistry;
let nginx: Nginx;
let client: RegistryClient;
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-nginx-test-'));

test.before(async () => {
  registry = await startRegistry({ prefix: PREFIX });
  const hash = createHash('sha1').update(ACCOUNT.password).digest('base64');
  nginx = await startNginx({
    files: { users: `${ACCOUNT.user}:{SHA}${hash}\n` },
    server: server(registry.host),
    http: (at) => TROUBLES + halting(registry.host, at),
  });
  const auth = Buffer.from(`${ACCOUNT.user}:${ACCOUNT.password}`).toString('base64');
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: { 'hub.test': { auth } } }));
  const settings = `registries: {hub.test: {url: '${nginx.url}${PREFIX}', ca: '${nginx.caFile}'}}`;
  writeFileSync(join(directory, 'config.yaml'), settings);
  const env = { DOCKER_CONFIG: directory, TSBUILD_CONFIG: join(directory, 'config.yaml') };
  client = new RegistryClient({ env, retries: RETRIES });
});
test.after(async () => {
  await client?.close();
  await Promise.all([nginx?.stop(), registry?.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

type Blob = readonly [descriptor: Descriptor, bytes: Buffer];

const blob = (mediaType: string, bytes: Buffer): Blob => [describe(mediaType, bytes), bytes];
const document = (mediaType: string, content: object): Blob =>
  blob(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content })));

/** Pushes an index of images for two platforms, pulls it back and compares all of it, in its order. */
async function roundTrip(path: string): Promise<void> {
  const to = client.pushRepository({ domain: 'hub.test', path });
  const images = await Promise.all(
    ['amd64', 's390x'].map(async (architecture) => {
      const config = blob(OCI_CONFIG, Buffer.from(JSON.stringify({ architecture, os: 'linux' })));
      const layers = LAYERS.map((size) => blob(OCI_LAYER, randomBytes(size)));
      await Promise.all(
        [config, ...layers].map(([of, bytes]) => to.pushBlob(of, (start) => Readable.from([bytes.subarray(start)]))),
      );
      const manifest = document(OCI_MANIFEST, { config: config[0], layers: layers.map(([of]) => of) });
      await to.pushManifest(manifest[1], OCI_MANIFEST);
      return { architecture, manifest, blobs: [config, ...layers] };
    }),
  );
  const manifests = images.map(({ architecture, manifest: [of] }) => ({
    ...of,
    platform: { os: 'linux', architecture },
  }));
  const [index, bytes] = document(OCI_INDEX, { manifests });
  await to.pushManifest(bytes, OCI_INDEX, 'both');

  const from = client.repository({ domain: 'hub.test', path });
  assert.equal(await from.resolve('both'), index);
  const pulled = JSON.parse((await from.fetchManifest('both')).bytes.toString()) as Index;
  for (const [position, { blobs, manifest }] of images.entries()) {
    const fetched = await from.fetchManifest(pulled.manifests[position]?.digest ?? '');
    assert.is(fetched.descriptor.digest, manifest[0].digest);
    const { config, layers } = JSON.parse(fetched.bytes.toString()) as Manifest;
    const contents = await Promise.all([config, ...layers].map((of) => from.fetchBytes(of, of.size)));
    assert.equal(
      contents.map(digestOf),
      blobs.map(([of]) => of.digest),
    );
  }
}

test('whatever it does, images of several layers and platforms arrive, and in their order', async () => {
  const missing = () => {
    const served = nginx.served();
    return Object.keys(DEEDS).filter((deed) => !served.some((line) => DEEDS[deed]?.test(line)));
  };
  let round = 0;
  do await roundTrip(`team/app-${round}`);
  while (missing().length > 0 && ++round < MAX_ROUNDS);
  assert.equal(missing(), [], `in ${nginx.served().length} requests`);
});

test.run();
