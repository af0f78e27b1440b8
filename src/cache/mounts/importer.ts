import { toBytePath } from '../../base/bytepath.ts';
import { toTsbuildError } from '../../base/error.ts';
import type { LayerProgress } from '../../ops/base-layers.ts';
import type { FoundMount, MountSource } from '../../ops/mounts/mount-source.ts';
import type { CacheOp } from '../../ops/mounts/op.ts';
import type { ReadCache } from '../read.ts';
import { restoreTree } from './restore.ts';
import { type MountContext, type PlacedMount, readTree } from './tree-blob.ts';

export interface MountImporterContext extends MountContext {
  /** The caches that the build may take from; asked when a step is executed that has a mount. */
  caches: () => Promise<readonly ReadCache[]>;
  warn: (message: string) => void;
  /** Shows a piece of work as a step. */
  step: <T>(name: string, work: (progress: LayerProgress) => Promise<T>) => Promise<T>;
}

/** The cache mounts that other machines have left in the caches of a build. Of several states the latest counts. */
export class MountImporter implements MountSource {
  /** The mounts that steps of this build have used, by the names of their directories. */
  readonly used = new Map<string, CacheOp>();
  readonly #context: MountImporterContext;

  constructor(context: MountImporterContext) {
    this.#context = context;
  }

  async find(key: string, op: CacheOp): Promise<FoundMount | undefined> {
    this.used.set(key, op);
    const mount = latestMount(await this.#context.caches(), key);
    return mount && { time: mount.time, fill: (directory) => this.#fill(mount, directory) };
  }

  failed({ id }: CacheOp, error: unknown): void {
    this.#context.warn(`the cache mount ${id} was not brought in: ${toTsbuildError(error).message}`);
  }

  #fill(mount: PlacedMount, directory: string): Promise<void> {
    const { store, images, signal, step } = this.#context;
    return step(`importing the cache mount ${mount.id}, ${megabytes(mount.size)}`, async (progress) => {
      const tree = await readTree(mount, this.#context, progress);
      const open = async (blob: Parameters<typeof images.openBlob>[0]) => {
        await images.ensureBlob(blob, progress, signal);
        return store.content.readVerified(blob.digest);
      };
      await restoreTree(tree, toBytePath(directory), { open, signal });
    });
  }
}

export function latestMount(caches: readonly ReadCache[], key: string): PlacedMount | undefined {
  const found = caches.flatMap(({ document, source }) =>
    (document.mounts ?? []).filter((mount) => mount.key === key).map((mount) => ({ ...mount, source })),
  );
  return found.reduce<PlacedMount | undefined>(
    (best, one) => (best === undefined || one.time > best.time ? one : best),
    undefined,
  );
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)}MB`;
}
