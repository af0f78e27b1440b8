import type { BytePath } from '../base/bytepath.ts';
import type { TreeEntry } from '../snapshot/tree.ts';

/** Which files with several names have been copied, and to where: as long as that place still holds them. */
export class LinkNames {
  readonly #targets = new Map<string, BytePath>();
  readonly #files = new Map<BytePath, string>();

  /** Where another name of this file was copied to. */
  firstNameOf(entry: TreeEntry): BytePath | undefined {
    const file = identityOf(entry);
    return file === undefined ? undefined : this.#targets.get(file);
  }

  /** `entry` is now at `target`, in the place of whatever was there. */
  written(target: BytePath, entry: TreeEntry): void {
    const before = this.#files.get(target);
    if (before !== undefined) {
      this.#files.delete(target);
      this.#targets.delete(before);
    }
    const file = identityOf(entry);
    if (file === undefined || this.#targets.has(file)) return;
    this.#targets.set(file, target);
    this.#files.set(target, file);
  }

  clear(): void {
    this.#targets.clear();
    this.#files.clear();
  }
}

/** A context may hold mounts of several file systems, so that an inode number alone names no file. */
function identityOf({ type, nlink, dev, ino }: TreeEntry): string | undefined {
  return type === 'file' && nlink > 1 ? `${dev}:${ino}` : undefined;
}
