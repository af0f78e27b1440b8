import { gzipSync } from 'node:zlib';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import type { Descriptor, ImageConfig, Manifest } from '../../src/oci/types.ts';
import type { TarEntry } from '../../src/tar/entry.ts';
import { TarWriter } from '../../src/tar/writer.ts';

export interface TestImage {
  manifest: Manifest;
  /** The documents as they are stored. */
  manifestBytes: Buffer;
  configBytes: Buffer;
  descriptor: Descriptor;
  /** Config and layers by digest. */
  blobs: Map<Digest, Buffer>;
}

export type TestEntry = Partial<TarEntry> & { path: string; content?: string | Buffer };

/** A tar of entries; what they do not say is that of a small regular file of root. */
export function makeTar(entries: readonly TestEntry[]): Buffer {
  const chunks: Buffer[] = [];
  const writer = new TarWriter((chunk) => chunks.push(Buffer.from(chunk)));
  for (const { content = '', ...entry } of entries) {
    const data = Buffer.from(content);
    writer.header({ type: 'file', mode: 0o644, uid: 0, gid: 0, size: data.length, mtime: 0, ...entry });
    writer.data(data);
  }
  writer.end();
  return Buffer.concat(chunks);
}

/** An OCI image of these layers, gzipped unless `compress` is false. */
export function makeImage(
  layers: readonly (readonly TestEntry[])[],
  options: { config?: Partial<ImageConfig>; compress?: boolean } = {},
): TestImage {
  const compress = options.compress !== false;
  const tars = layers.map(makeTar);
  const blobs = tars.map((tar) => (compress ? gzipSync(tar) : tar));
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    history: layers.map((_, i) => ({ created_by: `layer ${i}` })),
    ...options.config,
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const layerType = compress ? OCI_LAYER_GZIP : OCI_LAYER;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: describe(OCI_CONFIG, configBytes),
    layers: blobs.map((blob) => describe(layerType, blob)),
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return {
    manifest,
    manifestBytes,
    configBytes,
    descriptor: describe(OCI_MANIFEST, manifestBytes),
    blobs: new Map([configBytes, ...blobs].map((blob) => [digestOf(blob), blob])),
  };
}

export function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
