import { lstatSync } from 'node:fs';
import { readXattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { SelectionItem } from '../context/content-digest.ts';
import type { Selected } from '../context/select.ts';
import { deviceNumbers } from '../snapshot/changes.ts';
import type { FileAttributes, LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import { archiveIn, unpackArchive } from './unpack-archive.ts';
import type { Owner } from './users.ts';

/** A file whose content stands in the build file (COPY <<EOF). */
export interface InlineFile {
  name: BytePath;
  content: Buffer;
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
  readonly #firstNames = new Map<string, BytePath>();

  constructor(options: CopyWriterOptions) {
    this.#options = options;
  }

  async putSelection(tree: Tree, sources: readonly Selected[], items: readonly SelectionItem[]): Promise<void> {
    const xattrs = this.#options.keepOwners ? await readCarriedXattrs(items) : undefined;
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
      if (index % TURN === 0) {
        await new Promise(setImmediate);
        this.#options.signal.throwIfAborted();
      }
      const source = sources[item.source] as Selected;
      const target = joinBytePath(roots[item.source] as BytePath, item.path);
      const from = joinBytePath(source.path, item.path);
      if (this.#options.unpack && item.path === '' && item.entry.type === 'file') {
        if (await this.#tryUnpack(item.entry)) continue;
      }
      this.#putEntry(tree, from, target, item.entry, xattrs?.get(item.entry.hostPath));
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
        break;
      case 'socket':
        break;
      default: {
        const node = { path: target, type: entry.type, ...deviceNumbers(entry.rdev) };
        writer.putNode(node, attributes, REPLACE_NOTHING);
      }
    }
  }

  /** Names of one file stay names of one file. */
  #putFile(target: BytePath, entry: TreeEntry, attributes: FileAttributes): void {
    const { writer } = this.#options;
    const identity = entry.nlink > 1 ? String(entry.ino) : undefined;
    const first = identity === undefined ? undefined : this.#firstNames.get(identity);
    if (first !== undefined && first !== target) {
      writer.putHardLink(target, first, REPLACE_NOTHING);
      return;
    }
    writer.putFileCopy(target, entry.hostPath, attributes, REPLACE_NOTHING);
    if (identity !== undefined) this.#firstNames.set(identity, target);
  }

  /** ADD of a local archive: unpacked into the destination, which is then a directory whatever its name. */
  async #tryUnpack(entry: TreeEntry): Promise<boolean> {
    const archive = await archiveIn(entry.hostPath);
    if (archive === undefined) return false;
    const { writer, destination, owner } = this.#options;
    const directory = this.#ensureDirectory(destination, entry.mtimeMs);
    await unpackArchive(archive, writer, directory, owner);
    return true;
  }
}

/** What is part of the files themselves: capabilities and users' attributes, not what the machine labels them with. */
const CARRIED = /^(security\.capability|user\.(?!overlay\.).*)$/s;

async function readCarriedXattrs(items: readonly SelectionItem[]): Promise<Map<BytePath, Map<string, Buffer>>> {
  const paths = items
    .filter(({ entry }) => entry.type === 'file' || entry.type === 'directory')
    .map(({ entry }) => entry.hostPath);
  const found = await readXattrs(paths);
  for (const attributes of found.values()) {
    for (const name of attributes.keys()) if (!CARRIED.test(name)) attributes.delete(name);
  }
  return found;
}

/** The digest was taken of what the file was; the layer must hold the same. */
function assertUnchanged(path: BytePath, before: TreeEntry): void {
  const after = lstatSync(fsPath(before.hostPath), { throwIfNoEntry: false });
  if (after !== undefined && (before.type === 'directory' || sameFile(before, after))) return;
  throw new TsbuildError('CHANGED', `${fromBytePath(path)} changed while it was being copied`, {
    hint: 'run the build again when nothing writes into the build context',
  });
}

function sameFile(before: TreeEntry, after: { size: number; mtimeMs: number; ino: number }): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ino === after.ino;
}
