import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { TarEntry } from '../../src/tar/entry.ts';
import { readTar } from '../../src/tar/read.ts';
import { parseSamples } from '../tar/samples.ts';

export interface ReadLayer {
  diffId: string;
  members: TarEntry[];
}

/** The layers of the only image of an OCI archive. */
export async function layersIn(archive: string): Promise<ReadLayer[]> {
  const blobs = new Map<string, Buffer>();
  async function* content(): AsyncGenerator<Buffer> {
    yield readFileSync(archive);
  }
  for await (const { entry, body } of readTar(content())) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    blobs.set(entry.path, Buffer.concat(chunks));
  }
  const json = (path: string) => JSON.parse(String(blobs.get(path)));
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const manifest = json(blob(json('index.json').manifests[0].digest));
  const diffIds: string[] = json(blob(manifest.config.digest)).rootfs.diff_ids;
  return diffIds.map((diffId, index) => {
    const packed = blobs.get(blob(manifest.layers[index].digest)) ?? Buffer.alloc(0);
    return { diffId, members: parseSamples(gunzipSync(packed)).map(({ entry }) => entry) };
  });
}
