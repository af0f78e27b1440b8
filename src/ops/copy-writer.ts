import { lstatSync } from 'node:fs';
import { turn } from '../base/abortable.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { SelectionItem } from '../context/content-digest.ts';
import type { Selected } from '../context/select.ts';
import type { FileAttributes } from '../snapshot/attributes.ts';
import { deviceNumbers } from '../snapshot/device.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import { LinkNames } from './link-names.ts';
import { isArchive, unpackArchive } from './unpack-archive.ts';
import type { Owner } from './users.ts';

/** A file whose content stands in the build file (COPY <<EOF). */
export interface InlineFile {
  name: BytePath;
  content: Buffer;
}

export interface CopySelection {
  tree: Tree;
  sources: readonly Selected[];
  items: readonly SelectionItem[];
  /** Attributes by host path; a context has none. */
  xattrs?: ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>> | undefined;
}

export interface CopyWriterOptions {
  writer: LayerWriter;
  /** Absolute; a slash at the end means a directory. */
  destination: BytePath;
  /** `--chown`, for everything that is made. */
  owner: Owner | undefined;
  /** `--chmod`, for everything that is made but links. */
  mode: number | undefined;
  /** COPY --from keeps owners; files of a context become root's. */
  keepOwners: boolean;
  /** ADD: local archives are unpacked. */
  unpack: boolean;
  signal: AbortSignal;
}

/** The mode of a file that is written in place in a build file. */
const INLINE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const REPLACE_NOTHING = { replace: false };

/** How many files are copied before other work of this process gets a turn. */
const TURN = 256;

/**
 * Writes what a COPY brings into a layer, by the reference's rules: the content of a directory goes into the
 * destination; a file goes to it, or into it where it is a directory or is written with a slash at the end. Links at
 * the destination are followed inside the root; what is nested is replaced, but never a file by a directory or the
 * other way round.
 */
export class CopyWriter {
  readonly #options: CopyWriterOptions;
  readonly #links = new LinkNames();

  constructor(options: CopyWriterOptions) {
    this.#options = options;
  }

  async putSelection({ tree, sources, items, xattrs }: CopySelection): Promise<void> {
    const files = sources.filter((source) => source.entry.type !== 'directory');
    if (files.length > 1 && !this.#isDirectory()) {
      throw new TsbuildError(
        'INVALID',
        `several sources, and the destination ${fromBytePath(this.#options.destination)} is not a directory`,
        {
          hint: 'end the destination with a slash',
        },
      );
    }
    const roots = sources.map((source) => this.#rootOf(source));
    for (const [index, item] of items.entries()) {
      if (index % TURN === 0) await turn(this.#options.signal);
      const source = sources[item.source] as Selected;
      const target = joinBytePath(roots[item.source] as BytePath, item.path);
      const from = joinBytePath(source.path, item.path);
      const mayUnpack = this.#options.unpack && item.path === '' && item.entry.type === 'file';
      try {
        const isUnpacked = mayUnpack && (await this.#tryUnpack(item.entry));
        if (!isUnpacked) this.#putEntry(tree, from, target, item.entry, xattrs?.get(item.entry.hostPath));
      } catch (error) {
        throw isErrno(error, 'ENOENT') ? changed(from) : error;
      }
      if (!this.#options.keepOwners) assertUnchanged(from, item.entry);
    }
  }

  putInline(file: InlineFile): void {
    const target = this.#fileTarget(file.name, 0);
    const attributes = this.#attributes({ mode: INLINE_MODE, uid: 0, gid: 0, mtimeMs: 0 });
    this.#options.writer.putFile(target, file.content, attributes, REPLACE_NOTHING);
  }

  /** Where the content of a directory goes, or the name that a file gets. */
  #rootOf(source: Selected): BytePath {
    const { mtimeMs } = source.entry;
    if (source.entry.type !== 'directory') return this.#fileTarget(source.name, mtimeMs);
    return this.#ensureDirectory(this.#options.destination, mtimeMs);
  }

  #fileTarget(name: BytePath, mtimeMs: number): BytePath {
    const { writer, destination } = this.#options;
    if (this.#isDirectory()) return joinBytePath(this.#ensureDirectory(destination, mtimeMs), name);
    const { path } = resolvePath(writer, destination, { followLast: true });
    const slash = path.lastIndexOf('/');
    const directory = this.#ensureDirectory(slash < 0 ? '' : path.slice(0, slash), mtimeMs);
    return joinBytePath(directory, path.slice(slash + 1));
  }

  #isDirectory(): boolean {
    const { writer, destination } = this.#options;
    if (destination.endsWith('/')) return true;
    return resolvePath(writer, destination, { followLast: true }).entry?.type === 'directory';
  }

  #ensureDirectory(path: BytePath, mtimeMs: number): BytePath {
    const attributes = this.#attributes({ mode: DIRECTORY_MODE, uid: 0, gid: 0, mtimeMs });
    return this.#options.writer.ensureDirectory(path, attributes);
  }

  #attributes(from: FileAttributes): FileAttributes {
    const { owner, mode, keepOwners } = this.#options;
    const { uid, gid } = owner ?? (keepOwners ? from : { uid: 0, gid: 0 });
    return { ...from, uid, gid, mode: mode ?? from.mode };
  }

  #putEntry(tree: Tree, from: BytePath, target: BytePath, entry: TreeEntry, xattrs: FileAttributes['xattrs']): void {
    const { writer } = this.#options;
    const attributes = { ...this.#attributes(entry), xattrs };
    switch (entry.type) {
      case 'directory':
        writer.putDirectory(target, attributes, REPLACE_NOTHING);
        break;
      case 'file':
        this.#putFile(target, entry, attributes);
        break;
      case 'symlink':
        writer.putSymlink(target, tree.readlink(from), attributes, REPLACE_NOTHING);
        this.#links.written(target, entry);
        break;
      case 'socket':
        break;
      default: {
        const node = { path: target, type: entry.type, ...deviceNumbers(entry.rdev) };
        writer.putNode(node, attributes, REPLACE_NOTHING);
        this.#links.written(target, entry);
      }
    }
  }

  /** Names of one file stay names of one file. */
  #putFile(target: BytePath, entry: TreeEntry, attributes: FileAttributes): void {
    const { writer } = this.#options;
    const first = this.#links.firstNameOf(entry);
    if (first === target) return;
    if (first !== undefined) writer.putHardLink(target, first, REPLACE_NOTHING);
    else writer.putFileCopy(target, entry.hostPath, attributes, REPLACE_NOTHING);
    this.#links.written(target, entry);
  }

  /** ADD of a local archive: unpacked into the destination, which is then a directory whatever its name. */
  async #tryUnpack(entry: TreeEntry): Promise<boolean> {
    if (!(await isArchive(entry.hostPath))) return false;
    const { writer, destination, owner } = this.#options;
    const directory = this.#ensureDirectory(destination, entry.mtimeMs);
    await unpackArchive(entry.hostPath, writer, directory, owner);
    this.#links.clear();
    return true;
  }
}

/** The digest was taken of what the file was; the layer must hold the same. */
function assertUnchanged(path: BytePath, before: TreeEntry): void {
  const after = lstatSync(fsPath(before.hostPath), { throwIfNoEntry: false });
  if (after !== undefined && (before.type === 'directory' || sameFile(before, after))) return;
  throw changed(path);
}

function changed(path: BytePath): TsbuildError {
  return new TsbuildError('CHANGED', `${fromBytePath(path)} changed while it was being copied`, {
    hint: 'run the build again when nothing writes into the build context',
  });
}

/** The time of the change is the one that no program can set. */
function sameFile(before: TreeEntry, after: Pick<TreeEntry, 'size' | 'ctimeMs' | 'ino'>): boolean {
  return before.size === after.size && before.ctimeMs === after.ctimeMs && before.ino === after.ino;
}
