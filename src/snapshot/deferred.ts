import { lutimesSync } from 'node:fs';
import { makeNodes, writeXattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { fileTime } from '../base/file-time.ts';
import type { FileAttributes } from './attributes.ts';
import { isCarriedXattr, readCarriedXattrs } from './carried-xattrs.ts';
import { isOverlayMark } from './overlay-marks.ts';
import type { TreeEntry } from './tree.ts';

export interface DeviceNode {
  path: BytePath;
  type: 'char' | 'block' | 'fifo';
  major: number;
  minor: number;
}

export interface DeferredNode extends DeviceNode {
  /** Undefined for a whiteout. */
  attributes: FileAttributes | undefined;
}

/**
 * How file systems refuse marks of overlayfs: an overlay takes no whiteout from others than itself (EPERM), some network
 * file systems have no device nodes, some no attributes.
 */
const NO_MARKS = ['EPERM', 'EACCES', 'EINVAL', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * What a layer gets at its end: device nodes, whiteouts and extended attributes, because a batch of them costs one
 * process, and the times of directories, because everything that is written into one changes it.
 */
export class Deferred {
  readonly #nodes = new Map<BytePath, DeferredNode>();
  readonly #xattrs = new Map<BytePath, Map<string, Buffer>>();
  readonly #copiedUp = new Map<BytePath, TreeEntry>();
  readonly #directoryTimes = new Map<BytePath, number>();
  /** Set where the file system has refused a mark of overlayfs: the whiteouts among those. */
  unmarked: Set<BytePath> | undefined;

  node(path: BytePath): DeferredNode | undefined {
    return this.#nodes.get(path);
  }

  addNode(node: DeferredNode): void {
    this.#nodes.set(node.path, node);
  }

  /** Whether there is no attribute but marks of overlayfs. */
  get plain(): boolean {
    return [...this.#xattrs.values()].every((xattrs) => ![...xattrs.keys()].some(isCarriedXattr));
  }

  setXattr(path: BytePath, name: string, value: Buffer): void {
    const known = this.#xattrs.get(path);
    if (known === undefined) this.#xattrs.set(path, new Map([[name, value]]));
    else known.set(name, value);
  }

  /** `path` takes the attributes that `entry` has in a layer below. */
  addCopyUp(path: BytePath, entry: TreeEntry): void {
    this.#copiedUp.set(path, entry);
  }

  /** What the entry had below no longer counts: it is given attributes of its own. */
  forgetCopyUp(path: BytePath): void {
    this.#copiedUp.delete(path);
  }

  setDirectoryTime(path: BytePath, mtimeMs: number): void {
    this.#directoryTimes.set(path, mtimeMs);
  }

  forget(path: BytePath): void {
    this.#nodes.delete(path);
    this.#xattrs.delete(path);
    this.#copiedUp.delete(path);
    this.#directoryTimes.delete(path);
  }

  /**
   * Makes the nodes. `placed` is called for each, to give it its attributes. With `skipDevices`, a device that the
   * kernel refuses is left out: in a user namespace nobody can make one, and a container gets its own /dev.
   */
  async makeNodes(
    root: BytePath,
    options: { skipDevices: boolean },
    placed: (node: DeferredNode) => void,
  ): Promise<void> {
    const nodes = [...this.#nodes.values()];
    if (nodes.length === 0) return;
    const outcomes = await makeNodes(
      nodes.map((node) => ({ ...node, path: joinBytePath(root, node.path), mode: node.attributes?.mode ?? 0 })),
    );
    for (const [index, node] of nodes.entries()) {
      const errno = outcomes[index];
      const isSkipped = errno === 'EPERM' && options.skipDevices && node.attributes !== undefined;
      if (errno === undefined) placed(node);
      else if (node.attributes === undefined && NO_MARKS.includes(errno)) this.#addUnmarked(node.path);
      else if (isSkipped) this.forget(node.path);
      else throw new TsbuildError('STORE', `cannot make the ${node.type} device /${fromBytePath(node.path)}: ${errno}`);
    }
  }

  /** A file system without users' attributes loses those, and never those that overlayfs or the kernel act on. */
  async writeXattrs(root: BytePath): Promise<void> {
    const below = await readCarriedXattrs([...this.#copiedUp.values()]);
    for (const [path, { hostPath }] of this.#copiedUp) {
      for (const [name, value] of below.get(hostPath) ?? []) this.setXattr(path, name, value);
    }
    const items = [...this.#xattrs].flatMap(([path, xattrs]) =>
      [...xattrs].map(([name, value]) => ({ path: joinBytePath(root, path), name, value })),
    );
    const outcomes = await writeXattrs(items);
    outcomes.forEach((errno, index) => {
      const { path = '', name = '' } = items[index] ?? {};
      if (errno !== undefined && NO_MARKS.includes(errno) && isOverlayMark(name)) {
        this.#addUnmarked();
        return;
      }
      const isLoss = errno === 'EOPNOTSUPP' && name.startsWith('user.') && !name.startsWith('user.overlay.');
      if (errno === undefined || isLoss) return;
      throw new TsbuildError('STORE', `cannot write the attribute ${name} of ${fromBytePath(path)}: ${errno}`);
    });
  }

  #addUnmarked(whiteout?: BytePath): void {
    this.unmarked ??= new Set();
    if (whiteout !== undefined) this.unmarked.add(whiteout);
  }

  setDirectoryTimes(root: BytePath): void {
    for (const [path, mtimeMs] of this.#directoryTimes) {
      const time = fileTime(mtimeMs);
      lutimesSync(fsPath(joinBytePath(root, path)), time, time);
    }
  }
}
