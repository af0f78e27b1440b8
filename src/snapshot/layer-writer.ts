import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { fileTime } from '../base/file-time.ts';
import type { FileAttributes } from './attributes.ts';
import { isCarriedXattr } from './carried-xattrs.ts';
import { Deferred, type DeferredNode, type DeviceNode } from './deferred.ts';
import { deviceNumbers, deviceOf } from './device.ts';
import { DraftPaths } from './draft-paths.ts';
import { copyFile, type FileCopy, setFileAttributes, tryOwn, writeAll } from './file-copy.ts';
import { opaqueAttribute } from './overlay-marks.ts';
import { resolvePath } from './resolve.ts';
import { copySparse } from './sparse.ts';
import { entryOf, parentOf, type Tree, type TreeEntry } from './tree.ts';

const S_ISGID = 0o2000;

/**
 * Writes one layer straight into its directory, as the upper directory of an overlay would look after the same
 * changes: missing parents are copied up from the layers below, with their owner, mode, time and attributes.
 *
 * As a tree it shows the draft over its parent. Times of directories, device nodes, whiteouts and extended
 * attributes are set by `finish`, without which the layer is not complete.
 */
export class LayerWriter implements Tree {
  readonly #root: BytePath;
  readonly #parent: Tree;
  readonly #userXattrs: boolean;
  readonly #paths = new DraftPaths();
  readonly #deferred = new Deferred();
  /** Directories whose group is that of what is made in them. */
  readonly #setgid = new Set<BytePath>();
  readonly #uid = process.geteuid?.();
  readonly #gid = process.getegid?.();
  /** Set where a file could not get its owner because this user namespace does not map it. */
  ownershipLost = false;

  /** `directory` must exist and be empty; it becomes the layer's root and takes the parent root's attributes. */
  constructor(directory: BytePath, parent: Tree, options: { userXattrs: boolean }) {
    this.#root = directory;
    this.#parent = parent;
    this.#userXattrs = options.userXattrs;
    const root = parent.lookup('');
    if (root !== undefined) this.#applyToDirectory('', root);
    else chmodSync(fsPath(directory), 0o755);
  }

  /** Directories that hide the layers below them; complete after `finish`. */
  get opaque(): readonly BytePath[] {
    return this.#paths.opaque;
  }

  /**
   * Set where the file system does not hold the marks of overlayfs: the names that the layer takes away; known after
   * `finish`.
   */
  get unmarked(): readonly BytePath[] | undefined {
    return this.#deferred.unmarked && [...this.#deferred.unmarked].sort();
  }

  /** Whether no file of the layer has attributes that belong to an image; known after `finish`. */
  get plain(): boolean {
    return this.#deferred.plain;
  }

  lookup(path: BytePath): TreeEntry | undefined {
    if (!this.#paths.has(path)) return this.#belowOf(path);
    const host = this.#host(path);
    const node = this.#deferred.node(path);
    if (node !== undefined) return entryOfNode(node, host);
    const stats = lstatSync(fsPath(host), { throwIfNoEntry: false });
    return stats === undefined ? undefined : entryOf(stats, host);
  }

  children(): never {
    throw new TypeError('a layer under construction is not listed');
  }

  readlink(path: BytePath): BytePath {
    if (this.#paths.has(path)) return readlinkSync(fsPath(this.#host(path)), 'latin1');
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
    if (this.#paths.isDirectory(path)) return;
    const existing = this.lookup(path);
    if (existing === undefined) this.#makeDirectory(path, attributes, 'new');
    else if (existing.type !== 'directory') throw notADirectory(path);
    else {
      this.#makeDirectory(path, existing, 'merged');
      this.#deferred.addCopyUp(path, existing);
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
    if (this.#paths.isDirectory(path)) this.#applyToDirectory(path, attributes);
    else this.#makeDirectory(path, attributes, existing?.type === 'directory' ? 'merged' : 'new');
    this.#deferred.forgetCopyUp(path);
    this.#deferXattrs(path, attributes);
  }

  /** A directory that exists gets another mode and keeps everything else. `path` must be free of links. */
  changeDirectoryMode(path: BytePath, mode: number): void {
    const entry = this.lookup(path);
    if (entry?.type !== 'directory') throw notADirectory(path);
    this.ensureDirectory(path, entry);
    chmodSync(fsPath(this.#host(path)), mode);
    this.#noteMode(path, mode);
  }

  /** Copies a file's content; of a large one the extents are cloned where the file system can. */
  putFileCopy(path: BytePath, source: BytePath, attributes: FileAttributes, options: { replace: boolean }): void {
    this.noteOwned(copyFile(this.claimFile(path, source, attributes, options)));
  }

  /**
   * Takes the place for a file and says what is to be made there: by whoever, before anything else of this layer needs
   * the file and before `finish`. What comes of it goes to `noteOwned`.
   */
  claimFile(path: BytePath, source: BytePath, attributes: FileAttributes, options: { replace: boolean }): FileCopy {
    this.#makeRoom(path, options);
    this.#deferXattrs(path, attributes);
    const { mode, mtimeMs } = attributes;
    return { source, target: this.#host(path), mode, mtimeMs, owner: this.#ownerToSet(path, attributes) };
  }

  /** @param isOwned whether files that were claimed have the owners that they should have */
  noteOwned(isOwned: boolean): void {
    if (!isOwned) this.ownershipLost = true;
  }

  /**
   * A file of another layer under one more name: it must be what is wanted in all that it is. False where the file
   * system refuses, having changed nothing.
   */
  putFileLink(path: BytePath, existing: BytePath, options: { replace: boolean }): boolean {
    this.#makeRoom(path, options);
    try {
      linkSync(fsPath(existing), fsPath(this.#host(path)));
      return true;
    } catch (error) {
      if (isErrno(error, 'EMLINK', 'ENOENT', 'EPERM', 'EXDEV')) return false;
      throw error;
    }
  }

  /** Takes a file, link, device or socket over from where it lies on the same file system, with all that it is. */
  takeLeaf(path: BytePath, existing: BytePath): void {
    this.#makeRoom(path, { replace: true });
    renameSync(fsPath(existing), fsPath(this.#host(path)));
  }

  /** Copies a file and its holes. */
  async putSparseCopy(
    path: BytePath,
    { hostPath, size }: TreeEntry,
    attributes: FileAttributes,
    options: { replace: boolean; signal: AbortSignal },
  ): Promise<void> {
    this.#makeRoom(path, options);
    await copySparse(hostPath, this.#host(path), size, options.signal);
    this.#applyToLeaf(path, attributes);
  }

  putFile(path: BytePath, content: Uint8Array, attributes: FileAttributes, options: { replace: boolean }): void {
    const file = this.openFile(path, options);
    file.write(content);
    file.close(attributes);
  }

  /** A file whose content arrives in parts. `close` gives it its attributes; `abandon` only lets go of it. */
  openFile(path: BytePath, options: { replace: boolean }): LayerFile {
    this.#makeRoom(path, options);
    const fd = openSync(fsPath(this.#host(path)), 'wx', 0o600);
    return {
      write: (chunk) => writeAll(fd, chunk),
      close: (attributes) => {
        const { mode, mtimeMs } = attributes;
        try {
          this.noteOwned(setFileAttributes(fd, { mode, mtimeMs, owner: this.#ownerToSet(path, attributes) }));
        } finally {
          closeSync(fd);
        }
        this.#deferXattrs(path, attributes);
      },
      abandon: () => closeSync(fd),
    };
  }

  /**
   * Undefined where a new file has this owner: that of this process, but for the group in a directory with the setgid
   * bit. To ask costs nothing, to set it a tenth of a small file.
   */
  #ownerToSet(path: BytePath, { uid, gid }: FileAttributes): { uid: number; gid: number } | undefined {
    const isMadeFor = uid === this.#uid && gid === this.#gid && !this.#setgid.has(parentOf(path));
    return isMadeFor ? undefined : { uid, gid };
  }

  putSymlink(path: BytePath, target: BytePath, attributes: FileAttributes, options: { replace: boolean }): void {
    this.#makeRoom(path, options);
    const host = fsPath(this.#host(path));
    const time = fileTime(attributes.mtimeMs);
    symlinkSync(fsPath(target), host);
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid));
    lutimesSync(host, time, time);
  }

  /**
   * A second name of a file that this layer holds already, or of one below it, which is copied up first. A device or
   * fifo is made a second time instead: it has no content to share.
   */
  putHardLink(path: BytePath, existing: BytePath, options: { replace: boolean }): void {
    const entry = this.lookup(existing);
    if (entry === undefined || entry.type === 'directory' || existing.startsWith(`${path}/`)) {
      throw new TsbuildError('INVALID', `hard link to what is no file: /${fromBytePath(existing)}`);
    }
    if (entry.type === 'char' || entry.type === 'block' || entry.type === 'fifo') {
      this.putNode({ path, type: entry.type, ...deviceNumbers(entry.rdev) }, entry, options);
      return;
    }
    if (!this.#paths.has(existing)) this.#copyUp(existing, entry);
    this.#makeRoom(path, options);
    linkSync(fsPath(this.#host(existing)), fsPath(this.#host(path)));
  }

  /** Not a character device 0:0: for overlayfs that is a whiteout. */
  putNode(node: DeviceNode, attributes: FileAttributes, options: { replace: boolean }): void {
    if (node.type === 'char' && node.major === 0 && node.minor === 0) {
      throw new TsbuildError('INVALID', `a layer cannot hold the device 0:0: /${fromBytePath(node.path)}`);
    }
    this.#makeRoom(node.path, options);
    this.#deferred.addNode({ ...node, attributes });
  }

  /** Hides a name of the layers below. What this layer itself made there stays. */
  whiteout(path: BytePath): void {
    if (this.#paths.get(path) === 'merged') this.markOpaque(path);
    if (this.#paths.has(path) || this.#belowOf(path) === undefined) return;
    this.#paths.set(path, 'leaf');
    this.#deferred.addNode({ path, type: 'char', major: 0, minor: 0, attributes: undefined });
  }

  /** Hides everything that the layers below have in a directory of this layer. */
  markOpaque(path: BytePath): void {
    this.#paths.setOpaque(path, true);
    if (path === '') return;
    this.#deferred.setXattr(path, opaqueAttribute(this.#userXattrs), Buffer.from('y'));
  }

  /** Completes the layer: nodes, attributes, and the times of directories. */
  async finish(): Promise<void> {
    if (this.#paths.isOpaque('')) this.#hideRootOfParent();
    await this.#deferred.makeNodes(this.#root, { skipDevices: this.#userXattrs }, ({ path, attributes }) => {
      if (attributes !== undefined) this.#applyToLeaf(path, attributes);
    });
    await this.#deferred.writeXattrs(this.#root);
    this.#deferred.setDirectoryTimes(this.#root);
  }

  /** Overlayfs always merges the roots of its layers: what an opaque root hides is hidden name by name. */
  #hideRootOfParent(): void {
    this.#paths.setOpaque('', false);
    for (const { name, entry } of this.#parent.children('')) {
      const isReplaced = this.#paths.has(name);
      if (!isReplaced) this.whiteout(name);
      else if (entry.type === 'directory' && this.#paths.get(name) !== 'leaf') this.markOpaque(name);
    }
  }

  /** The parent's entry at a path, unless this layer hides it. */
  #belowOf(path: BytePath): TreeEntry | undefined {
    return this.#paths.shows(parentOf(path)) ? this.#parent.lookup(path) : undefined;
  }

  #makeRoom(path: BytePath, options: { replace: boolean }): void {
    if (!options.replace && this.lookup(path)?.type === 'directory') {
      throw new TsbuildError('CONFLICT', `cannot replace the directory /${fromBytePath(path)} with a file`);
    }
    if (this.#paths.has(path)) this.#remove(path);
    this.#paths.set(path, 'leaf');
  }

  #remove(path: BytePath): void {
    rmSync(fsPath(this.#host(path)), { recursive: true, force: true });
    for (const gone of this.#paths.delete(path)) this.#deferred.forget(gone);
  }

  #copyUp(path: BytePath, entry: TreeEntry): void {
    this.ensureDirectory(parentOf(path), entry);
    if (entry.type === 'symlink') this.putSymlink(path, this.readlink(path), entry, { replace: false });
    else {
      this.putFileCopy(path, entry.hostPath, entry, { replace: false });
      this.#deferred.addCopyUp(path, entry);
    }
  }

  /** A new directory in the place of one that the layers below have merges with it, unless it is opaque. */
  #makeDirectory(path: BytePath, attributes: FileAttributes, state: 'new' | 'merged'): void {
    this.#deferred.forget(path);
    mkdirSync(fsPath(this.#host(path)), 0o700);
    this.#paths.set(path, state);
    this.#applyToDirectory(path, attributes);
    if (state === 'new' && this.#belowOf(path)?.type === 'directory') this.markOpaque(path);
  }

  #applyToDirectory(path: BytePath, attributes: FileAttributes): void {
    const host = fsPath(this.#host(path));
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid));
    chmodSync(host, attributes.mode);
    this.#noteMode(path, attributes.mode);
    this.#deferred.setDirectoryTime(path, attributes.mtimeMs);
  }

  #noteMode(directory: BytePath, mode: number): void {
    if (mode & S_ISGID) this.#setgid.add(directory);
    else this.#setgid.delete(directory);
  }

  #applyToLeaf(path: BytePath, attributes: FileAttributes): void {
    const host = fsPath(this.#host(path));
    const time = fileTime(attributes.mtimeMs);
    this.#own(() => lchownSync(host, attributes.uid, attributes.gid));
    chmodSync(host, attributes.mode);
    lutimesSync(host, time, time);
    this.#deferXattrs(path, attributes);
  }

  /** Set in any case: a directory with the setgid bit gives what is made in it its own group. */
  #own(chown: () => void): void {
    this.noteOwned(tryOwn(chown));
  }

  #deferXattrs(path: BytePath, attributes: FileAttributes): void {
    for (const [name, value] of attributes.xattrs ?? []) {
      if (isCarriedXattr(name)) this.#deferred.setXattr(path, name, value);
    }
  }

  #host(path: BytePath): BytePath {
    return joinBytePath(this.#root, path);
  }
}

export interface LayerFile {
  write(chunk: Uint8Array): void;
  close(attributes: FileAttributes): void;
  abandon(): void;
}

/** A node that `finish` will make; undefined for a whiteout. */
function entryOfNode(node: DeferredNode, hostPath: BytePath): TreeEntry | undefined {
  if (node.attributes === undefined) return undefined;
  const { mode, uid, gid, mtimeMs } = node.attributes;
  const { type } = node;
  return {
    type,
    mode,
    uid,
    gid,
    size: 0,
    blocks: 0,
    mtimeMs,
    ctimeMs: 0,
    dev: 0,
    ino: 0,
    nlink: 1,
    rdev: deviceOf(node),
    hostPath,
  };
}

function notADirectory(path: BytePath): TsbuildError {
  return new TsbuildError('CONFLICT', `/${fromBytePath(path)} exists and is not a directory`);
}
