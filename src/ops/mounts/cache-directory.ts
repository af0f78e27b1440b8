import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName, writeFileAtomic } from '../../base/atomic.ts';
import { type Digest, digestOfJson, hexOf } from '../../base/digest.ts';
import { isErrno } from '../../base/error.ts';
import { removeTree } from '../../store/remove-tree.ts';
import type { CacheOp } from './op.ts';

const DEFAULT_MODE = 0o755;

/**
 * The directory of a cache mount: `<root>/v1/mounts/<hash>` with `meta.json`, which is touched at each use, and for each
 * copy that builds have needed at the same time `<n>` with its lock. What its id is called leads nowhere: only a hash of
 * it is a name.
 */
export class CacheDirectory {
  readonly path: string;
  readonly #op: CacheOp;

  /** @param seed the identity of what a new cache begins with */
  constructor(state: string, op: CacheOp, seed: Digest | undefined) {
    const { namespace, id, mode, uid, gid } = op;
    const identity = { namespace, id, mode, uid, gid, seed, from: op.seed?.source };
    this.#op = op;
    this.path = join(state, 'mounts', hexOf(digestOfJson(identity)));
  }

  /** Makes the directory if it is new, and marks it as used now. */
  open(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const meta = join(this.path, 'meta.json');
    const { namespace, id } = this.#op;
    if (existsSync(meta)) utimesSync(meta, new Date(), new Date());
    else writeFileAtomic(meta, JSON.stringify({ namespace, id }));
  }

  copy(index: number): string {
    return join(this.path, String(index));
  }

  lockFile(index: number): string {
    return join(this.path, `${index}.lock`);
  }

  /**
   * Makes a copy that does not exist, filled by `fill`, and gives it its owner: all of it or nothing, whoever else does
   * the same. The caller holds the lock of the copy.
   */
  async prepare(index: number, fill: (directory: string) => Promise<void>): Promise<void> {
    if (existsSync(this.copy(index))) return;
    const temporary = join(this.path, uniqueName('.new-'));
    mkdirSync(temporary);
    try {
      await fill(temporary);
      this.#own(temporary);
      renameSync(temporary, this.copy(index));
    } catch (error) {
      await removeTree(temporary);
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    }
  }

  /** EINVAL: an id that the user namespace does not map. */
  #own(directory: string): void {
    const { mode = DEFAULT_MODE, uid = 0, gid = 0 } = this.#op;
    try {
      chownSync(directory, uid, gid);
    } catch (error) {
      if (!isErrno(error, 'EINVAL')) throw error;
    }
    chmodSync(directory, mode);
  }
}
