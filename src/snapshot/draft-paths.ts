import type { BytePath } from '../base/bytepath.ts';
import { parentOf } from './tree.ts';

/** What a layer holds at a path: a directory of its own, one that merges with the parent's, or anything else. */
export type DraftState = 'new' | 'merged' | 'leaf';

/** What a layer that is being written holds, and what of the layers below is seen through it. */
export class DraftPaths {
  /** The paths that have a state, by the directory they are in. */
  readonly #states = new Map<BytePath, Map<BytePath, DraftState>>();
  readonly #opaque = new Set<BytePath>();

  /** Directories that hide the layers below them, sorted. */
  get opaque(): BytePath[] {
    return [...this.#opaque].sort();
  }

  get(path: BytePath): DraftState | undefined {
    return path === '' ? 'merged' : this.#states.get(parentOf(path))?.get(path);
  }

  has(path: BytePath): boolean {
    return this.get(path) !== undefined;
  }

  isDirectory(path: BytePath): boolean {
    const state = this.get(path);
    return state === 'new' || state === 'merged';
  }

  set(path: BytePath, state: DraftState): void {
    const directory = parentOf(path);
    const known = this.#states.get(directory);
    if (known === undefined) this.#states.set(directory, new Map([[path, state]]));
    else known.set(path, state);
  }

  /** Forgets a path and all that is below it, and returns what that was. */
  delete(path: BytePath): BytePath[] {
    this.#states.get(parentOf(path))?.delete(path);
    const gone: BytePath[] = [];
    const left = [path];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      gone.push(next);
      left.push(...(this.#states.get(next)?.keys() ?? []));
      this.#states.delete(next);
      this.#opaque.delete(next);
    }
    return gone;
  }

  isOpaque(directory: BytePath): boolean {
    return this.#opaque.has(directory);
  }

  setOpaque(directory: BytePath, isOpaque: boolean): void {
    if (isOpaque) this.#opaque.add(directory);
    else this.#opaque.delete(directory);
  }

  /** Whether what the layers below have in a directory is seen through this one. */
  shows(directory: BytePath): boolean {
    const state = this.get(directory);
    if (state === 'new' || state === 'leaf' || this.#opaque.has(directory)) return false;
    return directory === '' || this.shows(parentOf(directory));
  }
}
