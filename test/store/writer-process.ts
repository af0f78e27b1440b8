/**
 * A process for `crash.test.ts`: `ROOT tag NAME DIGEST` gives one image a hundred names; `ROOT everything` writes
 * blobs, records and images until it is killed, and sends a message when it has begun.
 */
import { type Digest, digestOf, hexOf } from '../../src/base/digest.ts';
import { OCI_MANIFEST } from '../../src/oci/media-types.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { writeImage } from './fixture.ts';

async function tag(store: Store, name: string, digest: Digest): Promise<void> {
  const descriptor = { mediaType: OCI_MANIFEST, digest, size: store.content.size(digest) ?? 0 };
  for (let i = 0; i < 100; i++) await store.images.tag(`docker.io/library/${name}:${i}`, descriptor);
}

async function everything(store: Store): Promise<never> {
  await store.sessions.open();
  for (let i = 0; ; i++) {
    const { manifest } = await writeImage(store, `processor${i}`);
    await store.images.tag(`docker.io/library/image:${i % 3}`, manifest);
    store.records.put('vertex', hexOf(digestOf(String(i))), 'x'.repeat(i % 5000));
    if (i === 1) process.send?.('begun');
    await store.content.writeBytes(Buffer.alloc(500_000, i));
  }
}

const [root = '', task, name = '', digest = ''] = process.argv.slice(2);
const store = await openStore(root);
await (task === 'tag' ? tag(store, name, digest as Digest) : everything(store));
process.exit(0);
