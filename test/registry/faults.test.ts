import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry } from '../../fixtures/docker-registry.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import type { Descriptor } from '../../src/oci/types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { describe } from '../support/image.ts';
import { type Fault, startReverseProxy } from '../support/reverse-proxy.ts';

const test = suite('a bad line to a registry');

/** `TSBUILD_FAULTS` for a longer run by hand. */
const FAULTS = Number(process.env.TSBUILD_FAULTS ?? 100);
const SEED = Number(process.env.TSBUILD_SEED ?? 20);
const RATE = 0.35;
/** Small ones, and one that goes in parts when it breaks. */
const SIZES = [0, 1, 1000, 70_000, 300_000, 18 * 1024 * 1024];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function faultOf(next: () => number): Fault {
  const bytes = Math.floor(next() * 400_000);
  const faults: Fault[] = [
    { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 502 },
    { kind: 'cut-request', after: bytes },
    { kind: 'cut-response', after: bytes },
    { kind: 'lost-answer' },
    { kind: 'slow', milliseconds: 20 },
  ];
  return faults[Math.floor(next() * faults.length)] as Fault;
}

function content(size: number, seed: number): Buffer {
  const block = createHash('sha512').update(String(seed)).digest();
  return Buffer.alloc(size, block);
}

test(`${FAULTS} faults: what was pushed is there, what was pulled is right, and nothing hangs`, async () => {
  const registry = await startRegistry();
  const proxy = await startReverseProxy(registry.port);
  const retries = { attempts: 12, firstDelay: 1, maxDelay: 30 };
  const env = { DOCKER_CONFIG: '/nonexistent', HOME: '/nonexistent' };
  const [client, direct] = [new RegistryClient({ env, retries }), new RegistryClient({ env })];
  const next = random(SEED);
  let faults = 0;
  proxy.fault = ({ url }) => {
    // The probe for the protocol is answered by no registry that one would like to use.
    if (url === '/v2/' || faults >= FAULTS || next() > RATE) return undefined;
    faults++;
    return faultOf(next);
  };
  try {
    for (let round = 0; faults < FAULTS; round++) {
      const blobs = SIZES.map((size, index) => content(size, round * SIZES.length + index));
      const path = `faults/${round}`;
      const to = client.pushRepository({ domain: proxy.host, path });
      const pushed: [Descriptor, Buffer][] = [];
      for (const bytes of blobs) {
        const descriptor = describe(OCI_LAYER, bytes);
        await to.pushBlob(descriptor, (start) => Readable.from([bytes.subarray(start)]));
        pushed.push([descriptor, bytes]);
      }
      const [config] = pushed[3] as [Descriptor, Buffer];
      const layers = pushed.map(([descriptor]) => descriptor);
      const manifest = {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { ...config, mediaType: OCI_CONFIG },
        layers,
      };
      const bytes = Buffer.from(JSON.stringify(manifest));
      const named = await to.pushManifest(bytes, OCI_MANIFEST, 'x');
      for (const from of [
        client.repository({ domain: proxy.host, path }),
        direct.repository({ domain: registry.host, path }),
      ]) {
        assert.equal(await from.resolve('x'), named);
        assert.ok((await from.fetchManifest('x')).bytes.equals(bytes));
        for (const [descriptor, expected] of pushed) {
          assert.ok((await from.fetchBytes(descriptor, expected.length)).equals(expected));
        }
      }
    }
    assert.is(faults, FAULTS);
  } finally {
    await Promise.all([client.close(), direct.close()]);
    await proxy.stop();
    await registry.stop();
  }
});

test.run();
