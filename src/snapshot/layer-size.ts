import { lstatSync, readdirSync } from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';

/** What a layer takes, as the sizes of its files say; a file of several names counts once. */
export interface LayerSize {
  bytes: number;
  files: number;
  /** Names of the layers below that it takes away. */
  removed: number;
  /** The largest first. */
  largest: readonly LayerFile[];
}

export interface LayerFile {
  path: string;
  bytes: number;
}

export interface Measured {
  /** Undefined where there are more names than were allowed. */
  size: LayerSize | undefined;
  /** Names that were looked at. */
  names: number;
}

/** As many of the largest files as somebody reads. */
const MAX_LARGEST = 20;

/**
 * Looks at the names in a layer's directory, at no more than `budget` of them.
 * @param unmarked names that it takes away and has no whiteouts for
 */
export function measureLayer(directory: BytePath, budget: number, unmarked: readonly BytePath[] = []): Measured {
  const found: BytePath[] = [];
  const pending: BytePath[] = [''];
  let names = 0;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const below = fsPath(joinBytePath(directory, path));
    for (const child of reached(() => readdirSync(below, { encoding: 'latin1', withFileTypes: true })) ?? []) {
      // Nothing is looked at more closely of a layer that has too much.
      if (++names > budget) return { size: undefined, names };
      (child.isDirectory() ? pending : found).push(joinBytePath(path, child.name));
    }
  }
  const counted = new LayerCount();
  counted.removed = unmarked.length;
  for (const path of found) {
    const stats = reached(() => lstatSync(fsPath(joinBytePath(directory, path))));
    if (stats?.isFile()) counted.addFile(path, stats);
    else if (stats?.isCharacterDevice() && stats.rdev === 0) counted.removed++;
  }
  return { size: counted.result(), names };
}

/** What lies deeper than a path can say counts for nothing: no image is made of it either. */
function reached<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'ENAMETOOLONG', 'ENOENT')) return undefined;
    throw error;
  }
}

class LayerCount {
  removed = 0;
  #bytes = 0;
  #files = 0;
  #largest: LayerFile[] = [];
  readonly #linked = new Set<number>();

  addFile(path: BytePath, { size, ino, nlink }: { size: number; ino: number; nlink: number }): void {
    if (nlink > 1 && this.#linked.has(ino)) return;
    if (nlink > 1) this.#linked.add(ino);
    this.#bytes += size;
    this.#files++;
    this.#largest.push({ path, bytes: size });
    if (this.#largest.length > 50 * MAX_LARGEST) this.#trim();
  }

  result(): LayerSize {
    this.#trim();
    const largest = this.#largest.map(({ path, bytes }) => ({ path: fromBytePath(path), bytes }));
    return { bytes: this.#bytes, files: this.#files, removed: this.removed, largest };
  }

  #trim(): void {
    this.#largest = this.#largest.sort((a, b) => b.bytes - a.bytes).slice(0, MAX_LARGEST);
  }
}
