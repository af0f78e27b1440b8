import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import { FileLock } from '../store/file-lock.ts';
import { removeTree } from '../store/remove-tree.ts';
import type { ViewLayer } from './root-view.ts';
import { partsOf, SHAPE, type StackPart, type StackShape, stackOn } from './stack.ts';

/** What counts of a layer's `meta.json` where it is a part of a stack. */
interface StackLayer {
  parent: string | null;
  unmarked?: readonly BytePath[] | undefined;
  plain?: true | undefined;
  linked?: string | undefined;
}

/** The layers that stacks are made of. */
interface StackLayers {
  /** `<root>/v1/s`. */
  directory: string;
  userXattrs: boolean;
  signal: AbortSignal;
  /** STORE where it is missing. */
  meta(id: string): StackLayer;
  opaque(id: string): Promise<readonly BytePath[]>;
}

/** One of the directories that a stack is seen through or mounted of. */
interface StackDirectory extends ViewLayer {
  /** The path relative to `<root>/v1/s`. */
  name: string;
}

/**
 * Stacks of layers as directories, few enough for an overlay however deep a stack is: there, layers that lie on each other
 * are merged into one directory, which is made once, kept beside the topmost of them (`<id>/m<level>/fs`), and used by
 * every stack that goes on from there.
 */
export class Stacks {
  readonly #layers: StackLayers;
  readonly #shape: StackShape;
  readonly #tops = new Map<string, StackPart>();
  readonly #directories = new Map<StackPart, Promise<StackDirectory>>();

  constructor(layers: StackLayers, shape: StackShape = SHAPE) {
    this.#layers = layers;
    this.#shape = shape;
  }

  /** To be told when it turns out that overlayfs does not understand a layer. */
  forget(): void {
    this.#tops.clear();
    this.#directories.clear();
  }

  mountable(id: string | null): boolean {
    return this.#top(id)?.mountable !== false;
  }

  /** From the top down. Every layer of the stack must be unpacked. */
  async directories(id: string | null): Promise<StackDirectory[]> {
    return this.#directoriesOf(this.#top(id));
  }

  #top(id: string | null): StackPart | undefined {
    const missing: string[] = [];
    let top: StackPart | undefined;
    for (let current = id; current !== null; current = this.#layers.meta(current).parent) {
      top = this.#tops.get(current);
      if (top !== undefined) break;
      missing.push(current);
    }
    for (const layer of missing.reverse()) {
      const mountable = this.#layers.meta(layer).unmarked === undefined;
      top = stackOn(top, layer, { mountable, shape: this.#shape });
      this.#tops.set(layer, top);
    }
    return top;
  }

  async #directoriesOf(top: StackPart | undefined): Promise<StackDirectory[]> {
    return this.#directoriesIn(partsOf(top));
  }

  /** What has to be merged is so from the bottom up, because it is merged over what is below it. */
  async #directoriesIn(parts: readonly StackPart[]): Promise<StackDirectory[]> {
    for (const part of [...parts].reverse()) if (part.level > 0) await this.#directoryOf(part);
    return Promise.all(parts.map((part) => this.#directoryOf(part)));
  }

  async #directoryOf(part: StackPart): Promise<StackDirectory> {
    let directory = this.#directories.get(part);
    if (directory === undefined) {
      directory = part.level === 0 ? this.#layerOf(part.id) : this.#mergedOf(part);
      this.#directories.set(part, directory);
      directory.catch(() => this.#directories.delete(part));
    }
    return directory;
  }

  async #layerOf(id: string): Promise<StackDirectory> {
    const { linked = id, unmarked } = this.#layers.meta(id);
    const { plain } = this.#layers.meta(linked);
    const opaque = new Set(await this.#layers.opaque(id));
    return this.#directory(join(linked, 'fs'), { opaque, unmarked: unmarked && new Set(unmarked), plain });
  }

  async #mergedOf(part: StackPart): Promise<StackDirectory> {
    const own = join(part.id, `m${part.level}`);
    const path = join(this.#layers.directory, own);
    const { opaque, plain } = readMerged(path) ?? (await this.#make(path, part));
    return this.#directory(join(own, 'fs'), { opaque: new Set(opaque), plain });
  }

  #directory(name: string, marks: Omit<ViewLayer, 'directory'>): StackDirectory {
    return { ...marks, name, directory: toBytePath(join(this.#layers.directory, name)) };
  }

  /** Of several processes one makes it, and the others wait. What one left that died meanwhile goes. */
  async #make(path: string, part: StackPart): Promise<MergedMeta> {
    const lock = await FileLock.takeAll([{ path: `${path}.lock`, mode: 'exclusive' }], this.#layers.signal);
    const temporary = `${path}.new`;
    try {
      const made = readMerged(path);
      if (made !== undefined) return made;
      await removeTree(temporary);
      mkdirSync(join(temporary, 'fs'), { recursive: true, mode: 0o755 });
      const meta = await this.#merge(join(temporary, 'fs'), part);
      writeFileAtomic(join(temporary, 'meta.json'), JSON.stringify(meta));
      await removeTree(path);
      renameSync(temporary, path);
      return meta;
    } finally {
      await removeTree(temporary);
      rmSync(`${path}.lock`, { force: true });
      lock.release();
    }
  }

  async #merge(directory: string, { parts, below }: StackPart): Promise<MergedMeta> {
    const lower = await this.#directoriesOf(below);
    const layers = await this.#directoriesIn(parts);
    const { mergeLayers } = await import('./merge.ts');
    const opaque = await mergeLayers(toBytePath(directory), layers, lower, this.#layers);
    return { opaque, plain: layers.every(({ plain }) => plain) };
  }
}

/** What is kept of a merged directory, as of a layer. */
interface MergedMeta {
  opaque: readonly BytePath[];
  plain?: boolean | undefined;
}

/** Undefined where it has not been made, or is damaged. */
function readMerged(path: string): MergedMeta | undefined {
  if (!existsSync(join(path, 'fs'))) return undefined;
  try {
    const meta = JSON.parse(readFileSync(join(path, 'meta.json'), 'utf8')) as Partial<MergedMeta> | null;
    return Array.isArray(meta?.opaque) ? (meta as MergedMeta) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
