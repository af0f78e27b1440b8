import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { lookAt } from './long-path.ts';
import { byName, entryOf, type Tree, type TreeChild, type TreeEntry } from './tree.ts';

/** One layer as a directory, the way overlayfs keeps it. */
export interface ViewLayer {
  directory: BytePath;
  /** Directories of this layer that hide what lies below them. */
  opaque: ReadonlySet<BytePath>;
  /** Names of the layers below that it takes away, and for which its file system has no whiteouts. */
  unmarked?: ReadonlySet<BytePath> | undefined;
  /** Known of a layer without a file that has extended attributes which belong to an image. */
  plain?: boolean | undefined;
}

/** What lies in the directory of a layer. */
export function entryIn({ plain }: ViewLayer, stats: Stats, hostPath: BytePath): TreeEntry {
  const entry = entryOf(stats, hostPath);
  if (plain) entry.plain = true;
  return entry;
}

interface Node {
  entry: TreeEntry;
  /** For a directory: the host directories that make it up, top first. */
  parts: readonly Part[];
}

interface Part {
  directory: BytePath;
  layer: ViewLayer;
}

/**
 * A root filesystem seen through its layers without mounting it, by the rules of overlayfs (Documentation/
 * filesystems/overlayfs.rst): the topmost layer that has a name decides, directories merge down to the first that
 * is opaque or is no directory, a character device 0:0 is a whiteout.
 *
 * Answers are remembered: the layers must not change while they are viewed.
 */
export class RootView implements Tree {
  readonly #layers: readonly ViewLayer[];
  readonly #nodes = new Map<BytePath, Node | undefined>();

  /** `layers` from the top down. */
  constructor(layers: readonly ViewLayer[]) {
    this.#layers = layers;
  }

  lookup(path: BytePath): TreeEntry | undefined {
    return this.#node(path)?.entry;
  }

  children(path: BytePath): readonly TreeChild[] {
    const names = new Set<BytePath>();
    for (const part of this.#node(path)?.parts ?? []) {
      for (const name of readdirSync(fsPath(part.directory), 'latin1')) names.add(name);
    }
    const children: TreeChild[] = [];
    for (const name of names) {
      const entry = this.lookup(joinBytePath(path, name));
      if (entry !== undefined) children.push({ name, entry });
    }
    return children.sort(byName);
  }

  readlink(path: BytePath): BytePath {
    const entry = this.#node(path)?.entry;
    if (entry?.type !== 'symlink') throw new TypeError(`not a symbolic link: ${path}`);
    return readlinkSync(fsPath(entry.hostPath), 'latin1');
  }

  #node(path: BytePath): Node | undefined {
    if (this.#nodes.has(path)) return this.#nodes.get(path);
    const node = path === '' ? this.#root() : this.#child(path);
    this.#nodes.set(path, node);
    return node;
  }

  #root(): Node | undefined {
    const parts = this.#layers.map((layer) => ({ directory: layer.directory, layer }));
    return this.#merge('', parts);
  }

  #child(path: BytePath): Node | undefined {
    const slash = path.lastIndexOf('/');
    const parent = this.#node(slash < 0 ? '' : path.slice(0, slash));
    if (parent === undefined) return undefined;
    const name = path.slice(slash + 1);
    return this.#merge(
      path,
      parent.parts.map((part) => ({ directory: joinBytePath(part.directory, name), layer: part.layer })),
    );
  }

  #merge(path: BytePath, candidates: readonly Part[]): Node | undefined {
    let entry: TreeEntry | undefined;
    const parts: Part[] = [];
    for (const candidate of candidates) {
      const stats = lookAt(path, () => lstatSync(fsPath(candidate.directory), { throwIfNoEntry: false }));
      if (stats === undefined && candidate.layer.unmarked?.has(path)) break;
      if (stats === undefined) continue;
      if (stats.isCharacterDevice() && stats.rdev === 0) break;
      if (!stats.isDirectory()) {
        entry ??= entryIn(candidate.layer, stats, candidate.directory);
        break;
      }
      entry ??= entryIn(candidate.layer, stats, candidate.directory);
      parts.push(candidate);
      if (candidate.layer.opaque.has(path)) break;
    }
    return entry === undefined ? undefined : { entry, parts };
  }
}
