import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { makeNodes, writeXattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { resolvePath } from './resolve.ts';
import { entryOf, type Tree, type TreeEntry } from './tree.ts';

/** Owner, mode and time of a file that is written; `mtimeMs` in milliseconds since the epoch. */
export interface FileAttributes {
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  xattrs?: ReadonlyMap<string, Buffer> | undefined;
}

/** What the draft holds at a path: a directory of its own, one that merges with the parent's, or anything else. */
type State = 'new' | 'merged' | 'leaf';

interface DeviceNode {
  path: BytePath;
  type: 'char' | 'block' | 'fifo';
  major: number;
  minor: number;
}

/** Overlayfs keeps its marks under this prefix; a layer from outside must not bring any. */
const OVERLAY_XATTR = /^(trusted|user)\.overlay\./;

/**
 * Writes one layer straight into its directory, as the upper directory of an overlay would look after the same
 * changes: missing parents are copied up from the layers below, with their owner, mode and time.
 *
 * As a tree it shows the draft over its parent. Times of directories, device nodes, whiteouts and extended
 * attributes are set by `finish`, without which the layer is not complete.
 */
export class LayerWriter implements Tree {
  readonly #root: BytePath;
  readonly #parent: Tree;
  readonly #opaqueXattr: string;
  readonly #states = new Map<BytePath, State>([['', 'merged']]);
  readonly #directoryTimes = new Map<BytePath, number>();
  readonly #nodes: (DeviceNode & { attributes: FileAttributes | undefined })[] = [];
  readonly #xattrs: { path: BytePath; name: string; value: Buffer }[] = [];
  readonly #opaque = new Set<BytePath>();
  /** Set where a file could not get its owner because this user namespace maps a single id. */
  ownershipLost = false;

  /** `directory` must exist and be empty; it becomes the layer's root and takes the parent root's attributes. */
  constructor(directory: BytePath, parent: Tree, options: { userXattrs: boolean }) {
    this.#root = directory;
    this.#parent = parent;
    this.#opaqueXattr = options.userXattrs ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
    const root = parent.lookup('');
    if (root !== undefined) this.#adopt('', root);
    else chmodSync(fsPath(directory), 0o755);
  }

  /** Directories that hide the layers below them; complete after `finish`. */
  get opaque(): readonly BytePath[] {
    return [...this.#opaque].sort();
  }

  lookup(path: BytePath): TreeEntry | undefined {
    if (this.#states.has(path)) {
      const host = this.#host(path);
      const stats = lstatSync(fsPath(host), { throwIfNoEntry: false });
      return stats === undefined ? undefined : entryOf(stats, host);
    }
    return this.#belowOf(path);
  }

  children(): never {
    throw new TypeError('a layer under construction is not listed');
  }

  readlink(path: BytePath): BytePath {
    if (this.#states.has(path)) return readlinkSync(fsPath(this.#host(path)), 'latin1');
    return this.#parent.readlink(path);
  }

  /**
   * Makes sure that `path` is a directory, following links inside the root. What is missing is made with
   * `attributes`; what exists keeps its own. Returns the path without links.
   */
  ensureDirectory(path: BytePath, attributes: FileAttributes): BytePath {
    const { path: resolved } = resolvePath(this, path, { followLast: true });
    const names = resolved === '' ? [] : resolved.split('/');
    for (let depth = 1; depth <= names.length; depth++) this.#ensureOne(names.slice(0, depth).join('/'), attributes);
    return resolved;
  }

  #ensureOne(path: BytePath, attributes: FileAttributes): void {
    const state = this.#states.get(path);
    if (state === 'new' || state === 'merged') return;
    const existing = this.lookup(path);
    if (existing === undefined) this.#makeDirectory(path, attributes, 'new');
    else if (existing.type !== 'directory') throw notADirectory(path);
    else {
      this.#makeDirectory(path, existing, 'merged');
    }
  }

  /** A directory with exactly these attributes, whether or not it exists. `path` must be free of links. */
  putDirectory(path: BytePath, attributes: FileAttributes, options: { replace: boolean }): void {
    const existing = this.lookup(path);
    if (existing !== undefined && existing.type !== 'directory') {
      if (!options.replace) {
        throw new TsbuildError('CONFLICT', `cannot replace the file /${fromBytePath(path)} with a directory`);
      }
      this.#remove(path);
    }
    const state = this.#states.get(path);
    if (state === 'new' || state === 'merged') this.#apply(path, attributes);
    else this.#makeDirectory(path, attributes, existing?.type === 'directory' ? 'merged' : 'new');
    this.#queueXattrs(path, attributes);
  }

  /** Copies a file's content, cloning the extents where the file system can. */
  putFileCopy(path: BytePath, source: BytePath, attributes: FileAttributes, options: { replace: boolean }): void {
    this.#makeRoom(path, options);
    copyFileSync(fsPath(source), fsPath(this.#host(path)), constants.COPYFILE_FICLONE);
    this.#applyToLeaf(path, attributes);
  }

  putFile(path: BytePath, content: Uint8Array, attributes: FileAttributes, options: { replace: boolean }): void {
    const file = this.openFile(path, options);
    file.write(content);
    file.close(attributes);
  }

  /** A file whose content arrives in parts. `close` gives it its attributes. */
  openFile(path: BytePath, options: { replace: boolean }): LayerFile {
    this.#makeRoom(path, options);
    const fd = openSync(fsPath(this.#host(path)), 'wx', 0o600);
    return {
      write: (chunk) => {
        for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
      },
      close: (attributes) => {
        try {
          this.#own(() => fchownSync(fd, attributes.uid, attributes.gid), attributes);
          fchmodSync(fd, attributes.mode);
          futimesSync(fd, attributes.mtimeMs / 1000, attributes.mtimeMs / 1000);
        } finally {
          closeSync(fd);
        }
        this.#queueXattrs(path, attributes);
      },
    };
  }

  putSymlink(path: BytePath, target: BytePath, attributes: FileAttributes, options: { replace: boolean }): void {
    this.#makeRoom(path, options);
    const host = fsPath(this.#host(path));
    symlinkSync(fsPath(target), host);
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid), attributes);
    lutimesSync(host, attributes.mtimeMs / 1000, attributes.mtimeMs / 1000);
    this.#queueXattrs(path, attributes);
  }

  /** A second name of a file that this layer holds already, or of one below it, which is copied up first. */
  putHardLink(path: BytePath, existing: BytePath, options: { replace: boolean }): void {
    if (!this.#states.has(existing)) this.#copyUp(existing);
    this.#makeRoom(path, options);
    linkSync(fsPath(this.#host(existing)), fsPath(this.#host(path)));
  }

  putNode(node: DeviceNode, attributes: FileAttributes, options: { replace: boolean }): void {
    this.#makeRoom(node.path, options);
    this.#nodes.push({ ...node, attributes });
  }

  /** Hides a name of the layers below. A name that this layer made itself stays. */
  whiteout(path: BytePath): void {
    if (this.#states.get(path) === 'merged') this.markOpaque(path);
    if (this.#states.has(path) || this.#belowOf(path) === undefined) return;
    this.#states.set(path, 'leaf');
    this.#nodes.push({ path, type: 'char', major: 0, minor: 0, attributes: undefined });
  }

  /** Hides everything that the layers below have in a directory of this layer. */
  markOpaque(path: BytePath): void {
    this.#opaque.add(path);
    this.#xattrs.push({ path, name: this.#opaqueXattr, value: Buffer.from('y') });
  }

  /** Completes the layer: nodes, attributes, and the times of directories from the leaves to the root. */
  async finish(): Promise<void> {
    await this.#makeQueuedNodes();
    const attributes = this.#xattrs.map(({ path, name, value }) => ({ path: this.#host(path), name, value }));
    const failed = (await writeXattrs(attributes)).find((errno) => errno !== undefined);
    if (failed !== undefined) {
      throw new TsbuildError('STORE', `cannot write extended attributes in a layer: ${failed}`);
    }
    const deepestFirst = [...this.#directoryTimes].sort(([a], [b]) => b.length - a.length);
    for (const [path, mtimeMs] of deepestFirst) {
      lutimesSync(fsPath(this.#host(path)), mtimeMs / 1000, mtimeMs / 1000);
    }
  }

  async #makeQueuedNodes(): Promise<void> {
    if (this.#nodes.length === 0) return;
    const outcome = await makeNodes(
      this.#nodes.map((node) => ({ ...node, path: this.#host(node.path), mode: node.attributes?.mode ?? 0 })),
    );
    this.#nodes.forEach((node, index) => {
      const errno = outcome[index];
      if (errno !== undefined) {
        throw new TsbuildError('STORE', `cannot make the ${node.type} device /${fromBytePath(node.path)}: ${errno}`, {
          hint: errno === 'EPERM' ? 'device nodes in an image can be unpacked by root only' : undefined,
        });
      }
      if (node.attributes !== undefined) this.#applyToLeaf(node.path, node.attributes);
    });
  }

  /** The parent's entry at a path, unless this layer hides it. */
  #belowOf(path: BytePath): TreeEntry | undefined {
    const slash = path.lastIndexOf('/');
    const directory = slash < 0 ? '' : path.slice(0, slash);
    const state = this.#states.get(directory);
    if (state === 'new' || state === 'leaf' || this.#opaque.has(directory)) return undefined;
    if (state === undefined && this.#belowOf(directory) === undefined) return undefined;
    return this.#parent.lookup(path);
  }

  #makeRoom(path: BytePath, options: { replace: boolean }): void {
    const existing = this.lookup(path);
    if (existing?.type === 'directory' && !options.replace) {
      throw new TsbuildError('CONFLICT', `cannot replace the directory /${fromBytePath(path)} with a file`);
    }
    if (this.#states.has(path)) this.#remove(path);
    this.#states.set(path, 'leaf');
  }

  #remove(path: BytePath): void {
    if (!this.#states.has(path)) return;
    rmSync(fsPath(this.#host(path)), { recursive: true, force: true });
    const below = `${path}/`;
    for (const known of this.#states.keys()) {
      if (known === path || known.startsWith(below)) {
        this.#states.delete(known);
        this.#directoryTimes.delete(known);
      }
    }
    const gone = (known: BytePath) => known === path || known.startsWith(below);
    keepOnly(this.#nodes, (node) => !gone(node.path));
    keepOnly(this.#xattrs, (xattr) => !gone(xattr.path));
  }

  #copyUp(path: BytePath): void {
    const entry = this.lookup(path);
    if (entry === undefined) {
      throw new TsbuildError('INVALID', `hard link to a file that does not exist: /${fromBytePath(path)}`);
    }
    const slash = path.lastIndexOf('/');
    if (slash >= 0) this.ensureDirectory(path.slice(0, slash), entry);
    if (entry.type === 'symlink') this.putSymlink(path, this.readlink(path), entry, { replace: false });
    else if (entry.type === 'file') this.putFileCopy(path, entry.hostPath, entry, { replace: false });
    else throw new TsbuildError('INVALID', `hard link to a ${entry.type}: /${fromBytePath(path)}`);
  }

  #makeDirectory(path: BytePath, attributes: FileAttributes, state: 'new' | 'merged'): void {
    const host = fsPath(this.#host(path));
    mkdirSync(host, 0o700);
    this.#states.set(path, state);
    this.#apply(path, attributes);
  }

  #adopt(path: BytePath, entry: TreeEntry): void {
    this.#apply(path, entry);
  }

  #apply(path: BytePath, attributes: FileAttributes): void {
    const host = fsPath(this.#host(path));
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid), attributes);
    chmodSync(host, attributes.mode);
    this.#directoryTimes.set(path, attributes.mtimeMs);
  }

  #applyToLeaf(path: BytePath, attributes: FileAttributes): void {
    const host = fsPath(this.#host(path));
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid), attributes);
    chmodSync(host, attributes.mode);
    lutimesSync(host, attributes.mtimeMs / 1000, attributes.mtimeMs / 1000);
    this.#queueXattrs(path, attributes);
  }

  /** What we make belongs to root already. A namespace with a single id answers EINVAL for every other owner. */
  #own(chown: () => void, attributes: FileAttributes): void {
    if (attributes.uid === 0 && attributes.gid === 0) return;
    try {
      chown();
    } catch (error) {
      if (!isErrno(error, 'EINVAL')) throw error;
      this.ownershipLost = true;
    }
  }

  #queueXattrs(path: BytePath, attributes: FileAttributes): void {
    for (const [name, value] of attributes.xattrs ?? []) {
      if (!OVERLAY_XATTR.test(name)) this.#xattrs.push({ path, name, value });
    }
  }

  #host(path: BytePath): BytePath {
    return joinBytePath(this.#root, path);
  }
}

export interface LayerFile {
  write(chunk: Uint8Array): void;
  close(attributes: FileAttributes): void;
}

function notADirectory(path: BytePath): TsbuildError {
  return new TsbuildError('CONFLICT', `/${fromBytePath(path)} exists and is not a directory`);
}

function keepOnly<T>(list: T[], keep: (item: T) => boolean): void {
  const kept = list.filter(keep);
  if (kept.length !== list.length) list.splice(0, list.length, ...kept);
}
