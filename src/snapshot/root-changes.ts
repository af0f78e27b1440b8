import { type BigIntStats, closeSync, constants, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { readXattrs, type Xattrs } from '../../runner/syscall/index.ts';
import { turn } from '../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { isCarriedXattr, readCarriedXattrs } from './carried-xattrs.ts';
import type { LayerWriter } from './layer-writer.ts';
import { lookAt } from './long-path.ts';
import { isOverlayMark } from './overlay-marks.ts';
import { entryOf, parentOf, type Tree, type TreeEntry } from './tree.ts';

/** What of a name tells whether somebody has changed it: nobody can set the time of the last change, or of the birth. */
interface Known {
  isDirectory: boolean;
  /** The file itself; a number is given to another one as soon as it is free. */
  identity: string;
  changed: bigint;
  nlink: bigint;
  attributes: string;
}

interface Difference {
  path: BytePath;
  /** `new` is a directory that hides what was there before. */
  kind: 'gone' | 'leaf' | 'directory' | 'new';
  entry?: TreeEntry | undefined;
}

/** How fine times are in a kernel with the coarsest clock, twice over; and in a file system that has whole seconds. */
const TICK_MS = 20;
const SECOND_MS = 1100;
const NS_PER_SECOND = 1_000_000_000n;

/** How many names are looked at before other work of this process gets a turn. */
const TURN_NAMES = 500;

/**
 * A directory as it was, to find what a step has changed in it, and to make a layer of that: the same that an overlay's
 * upper directory would hold, except for what is no change to a file (it was opened for writing and not written, or is
 * one of several names), and that a file of several names changes with all of them.
 */
export class RootChanges {
  readonly #root: BytePath;
  readonly #signal: AbortSignal;
  /** By directory and name. */
  readonly #known: ReadonlyMap<BytePath, ReadonlyMap<BytePath, Known>>;
  readonly #rootBefore: Known;
  #names = 0;

  private constructor(root: BytePath, known: Map<BytePath, Map<BytePath, Known>>, signal: AbortSignal) {
    this.#root = root;
    this.#known = known;
    this.#rootBefore = knownOf(statsOf(root, ''));
    this.#signal = signal;
  }

  /** Remembers what is there. When this returns, whatever changes has another time. */
  static async since(root: BytePath, signal: AbortSignal): Promise<RootChanges> {
    const known = new Map<BytePath, Map<BytePath, Known>>();
    const pending: BytePath[] = [''];
    let newest = statsOf(root, '').ctimeNs;
    let names = 0;
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const children = new Map<BytePath, Known>();
      for (const name of namesIn(root, directory)) {
        if (++names % TURN_NAMES === 0) await turn(signal);
        const path = joinBytePath(directory, name);
        const stats = statsOf(root, path);
        children.set(name, knownOf(stats));
        if (stats.ctimeNs > newest) newest = stats.ctimeNs;
        if (stats.isDirectory()) pending.push(path);
      }
      known.set(directory, children);
    }
    await setTimeout(newest % NS_PER_SECOND === 0n ? SECOND_MS : TICK_MS, undefined, { signal });
    return new RootChanges(root, known, signal);
  }

  /**
   * Moves what has changed into a layer over `view`, which the directory was a copy of, and completes it. Nobody may
   * be working in the directory any more, and it is of no use afterwards.
   */
  async moveInto(writer: LayerWriter, view: Tree): Promise<void> {
    const differences = await this.#differences(view);
    const paths = differences.flatMap(({ entry }) => (entry && hasXattrs(entry) ? [entry.hostPath] : []));
    const xattrs = await readXattrs(paths);
    let ensured: BytePath | undefined;
    for (const [index, difference] of differences.entries()) {
      if (index % TURN_NAMES === 0) await turn(this.#signal);
      const parent = parentOf(difference.path);
      const entry = parent === ensured ? undefined : view.lookup(parent);
      if (entry !== undefined) writer.ensureDirectory(parent, entry);
      ensured = parent;
      apply(writer, difference, xattrs.get(difference.entry?.hostPath ?? ''));
    }
    await writer.finish();
  }

  /** A directory before what is in it. */
  async #differences(view: Tree): Promise<Difference[]> {
    const found: Difference[] = [];
    const original = new Originals(view, this.#root);
    if (statsOf(this.#root, '').ctimeNs !== this.#rootBefore.changed) found.push(this.#present('', 'directory'));
    const pending: { directory: BytePath; isNew: boolean }[] = [{ directory: '', isNew: false }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { directory, isNew } = next;
      const before = (isNew ? undefined : this.#known.get(directory)) ?? new Map<BytePath, Known>();
      const names = namesIn(this.#root, directory);
      const present = new Set(names);
      for (const name of before.keys()) {
        if (!present.has(name)) found.push({ path: joinBytePath(directory, name), kind: 'gone' });
      }
      for (const name of names) {
        if (++this.#names % TURN_NAMES === 0) await turn(this.#signal);
        const path = joinBytePath(directory, name);
        const stats = statsOf(this.#root, path);
        const known = before.get(name);
        if (stats.isDirectory()) {
          const isSame = known?.isDirectory === true && known.identity === identityOf(stats);
          if (!isSame) found.push(this.#present(path, 'new'));
          else if (known.changed !== stats.ctimeNs) found.push(this.#present(path, 'directory'));
          pending.push({ directory: path, isNew: !isSame });
        } else if (stats.isCharacterDevice() && stats.rdev === 0n) {
          // What a step makes of this kind is a deletion wherever layers are put together.
          found.push({ path, kind: 'gone' });
        } else if (known === undefined || (await this.#isChanged(path, known, stats, original))) {
          found.push(this.#present(path, 'leaf'));
        }
      }
    }
    return found;
  }

  #present(path: BytePath, kind: Difference['kind']): Difference {
    const host = joinBytePath(this.#root, path);
    return { path, kind, entry: entryOf(lstatSync(fsPath(host)), host) };
  }

  /** What happens to one name of a file changes the others for the kernel, and not for a layer. */
  async #isChanged(path: BytePath, known: Known, stats: BigIntStats, original: Originals): Promise<boolean> {
    const now = knownOf(stats);
    if (now.identity !== known.identity || now.isDirectory !== known.isDirectory) return true;
    if (now.changed === known.changed) return false;
    if (known.nlink < 2n || now.attributes !== known.attributes) return true;
    return !(await original.isSame(path, now.identity));
  }
}

/** Compares files with those that they are copies of; of several names of a file one. */
class Originals {
  readonly #view: Tree;
  readonly #root: BytePath;
  readonly #compared = new Map<string, boolean>();

  constructor(view: Tree, root: BytePath) {
    this.#view = view;
    this.#root = root;
  }

  async isSame(path: BytePath, identity: string): Promise<boolean> {
    const known = this.#compared.get(identity);
    if (known !== undefined) return known;
    const same = await this.#compare(path);
    this.#compared.set(identity, same);
    return same;
  }

  async #compare(path: BytePath): Promise<boolean> {
    const host = joinBytePath(this.#root, path);
    const [entry, below] = [entryOf(lstatSync(fsPath(host)), host), this.#view.lookup(path)];
    if (below === undefined || below.type !== entry.type) return false;
    if (entry.type !== 'file') return true;
    const [own, others] = [await readCarriedXattrs([entry]), await readCarriedXattrs([below])];
    return isSameMap(own.get(host), others.get(below.hostPath)) && isSameContent(host, below.hostPath);
  }
}

function apply(writer: LayerWriter, { path, kind, entry }: Difference, xattrs: Xattrs | undefined): void {
  if (entry === undefined) {
    writer.whiteout(path);
    return;
  }
  const { mode, uid, gid, mtimeMs, hostPath } = entry;
  const attributes = { mode, uid, gid, mtimeMs, xattrs: carried(xattrs) };
  if (kind === 'new') writer.whiteout(path);
  if (kind !== 'leaf') writer.putDirectory(path, attributes, { replace: true });
  // What a step has written there means something to overlayfs, and would not be there in an overlay.
  else if ([...(xattrs?.keys() ?? [])].some(isOverlayMark)) {
    writer.putFileCopy(path, hostPath, attributes, { replace: true });
  } else writer.takeLeaf(path, hostPath);
}

function hasXattrs({ type }: TreeEntry): boolean {
  return type === 'file' || type === 'directory';
}

function carried(xattrs: Xattrs | undefined): Xattrs {
  return new Map([...(xattrs ?? [])].filter(([name]) => isCarriedXattr(name)));
}

function namesIn(root: BytePath, directory: BytePath): BytePath[] {
  return lookAt(directory, () => readdirSync(fsPath(joinBytePath(root, directory)), 'latin1')).sort();
}

function statsOf(root: BytePath, path: BytePath): BigIntStats {
  return lookAt(path, () => lstatSync(fsPath(joinBytePath(root, path)), { bigint: true }));
}

function identityOf({ ino, birthtimeNs }: BigIntStats): string {
  return `${ino}:${birthtimeNs}`;
}

function knownOf(stats: BigIntStats): Known {
  const { mode, uid, gid, size, mtimeNs, rdev, ctimeNs, nlink } = stats;
  return {
    isDirectory: stats.isDirectory(),
    identity: identityOf(stats),
    changed: ctimeNs,
    nlink,
    attributes: [mode, uid, gid, size, mtimeNs, rdev].join(':'),
  };
}

function isSameMap(own: Xattrs = new Map(), other: Xattrs = new Map()): boolean {
  return own.size === other.size && [...own].every(([name, value]) => other.get(name)?.equals(value) === true);
}

const READ_SIZE = 1024 * 1024;

function isSameContent(one: BytePath, other: BytePath): boolean {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const files = [one, other].map((path) => openSync(fsPath(path), flags)) as [number, number];
  const buffers = files.map(() => Buffer.allocUnsafe(READ_SIZE)) as [Buffer, Buffer];
  try {
    for (let position = 0; ; ) {
      const [a, b] = files.map((file, index) => readSync(file, buffers[index] as Buffer, 0, READ_SIZE, position));
      if (a !== b || !buffers[0].subarray(0, a).equals(buffers[1].subarray(0, b))) return false;
      if (a === 0 || a === undefined) return true;
      position += a;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}
