import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName, writeFileAtomic } from '../../base/atomic.ts';
import { type Digest, digestOfJson, hexOf } from '../../base/digest.ts';
import { isErrno } from '../../base/error.ts';
import { removeTree } from '../../store/remove-tree.ts';
import type { CacheOp } from './op.ts';

const DEFAULT_MODE = 0o755;
const META = 'meta.json';

/**
 * The directory of a cache mount: `<root>/v1/mounts/<hash>` with `meta.json`, which is touched at each use, and for each
 * copy that builds have needed at the same time `<n>` with its lock. What its id is called leads nowhere: only a hash of
 * it is a name.
 */
export class CacheDirectory {
  readonly path: string;
  readonly #op: CacheOp;

  /** @param seed the identity of what a new cache begins with */
  constructor(state: string, op: CacheOp, seed: Digest | undefined, name = nameOf(op, seed)) {
    this.#op = op;
    this.path = join(state, 'mounts', name);
  }

  /** The directory of a mount whose name is known. */
  static named(state: string, name: string, op: CacheOp): CacheDirectory {
    return new CacheDirectory(state, op, undefined, name);
  }

  /** Makes the directory if it is new, and marks it as used now. */
  open(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const meta = join(this.path, META);
    const { namespace, id } = this.#op;
    if (existsSync(meta)) utimesSync(meta, new Date(), new Date());
    else writeFileAtomic(meta, JSON.stringify({ namespace, id }));
  }

  /** When a step has used the first copy last, in milliseconds since the epoch; undefined where there is none. */
  usedAt(): number | undefined {
    if (!existsSync(this.copy(0))) return undefined;
    return statSync(join(this.path, META), { throwIfNoEntry: false })?.mtimeMs;
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

  /** Puts other content in the place of the first copy, or of none. The caller holds its lock, for itself alone. */
  async replace(fill: (directory: string) => Promise<void>): Promise<void> {
    const temporary = join(this.path, uniqueName('.new-'));
    const old = join(this.path, uniqueName('.old-'));
    mkdirSync(temporary);
    try {
      await fill(temporary);
      this.#own(temporary);
      if (existsSync(this.copy(0))) renameSync(this.copy(0), old);
      renameSync(temporary, this.copy(0));
    } finally {
      await removeTree(temporary);
      await removeTree(old);
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

function nameOf(op: CacheOp, seed: Digest | undefined): string {
  const { namespace, id, mode, uid, gid } = op;
  return hexOf(digestOfJson({ namespace, id, mode, uid, gid, seed, from: op.seed?.source }));
}
