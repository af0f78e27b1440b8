import { turn } from '../base/abortable.ts';
import { type BytePath, joinBytePath } from '../base/bytepath.ts';
import { type ModeChange, parseModeChange } from '../base/file-mode.ts';
import type { Selected } from '../context/select.ts';
import type { SelectionItems } from '../context/selection-items.ts';
import type { FileAttributes } from '../snapshot/attributes.ts';
import { deviceNumbers } from '../snapshot/device.ts';
import type { FileCopy } from '../snapshot/file-copy.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import { isSparse } from '../snapshot/sparse.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import { CopiedFiles, contentsIn } from './copied-files.ts';
import { asCopyError, assertUnchanged } from './copy-errors.ts';
import { FileCopies } from './file-copies.ts';
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
  items: SelectionItems;
  /** Attributes by host path. */
  xattrs: () => Promise<ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>>>;
  /** What the digest of the items was made of; undefined where it is not known any more. */
  text?: () => string | undefined;
  /** Sources that are archives are unpacked. */
  unpack?: boolean | undefined;
}

export interface CopyWriterOptions {
  writer: LayerWriter;
  /** Absolute; a slash at the end means a directory. */
  destination: BytePath;
  /** `--chown`, for everything that is made. */
  owner: Owner | undefined;
  /** `--chmod`, for everything that is made but links: octal as a number, or symbolic. */
  mode: number | string | undefined;
  /** COPY --from keeps owners; files of a context become root's. */
  keepOwners: boolean;
  /** What was made the last time. Not for what will be written to: then nothing is linked. */
  copied?: CopiedFiles | undefined;
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
  readonly #changeMode: ModeChange;

  constructor(options: CopyWriterOptions) {
    this.#options = options;
    this.#changeMode = modeChangeOf(options.mode);
  }

  async putSelection(selection: CopySelection): Promise<void> {
    const files = new FileCopies(this.#options);
    try {
      await this.#putItems(selection, files);
      await files.settle();
    } finally {
      await files.abandon();
    }
  }

  async #putItems({ tree, sources, items, unpack, ...selection }: CopySelection, files: FileCopies): Promise<void> {
    const xattrs = await selection.xattrs();
    const text = this.#options.copied && selection.text?.();
    const contents = text === undefined ? [] : contentsIn(text, items);
    const roots = sources.map((source) => this.#rootOf(source));
    /** What one source brings is all in different places. */
    const taken = sources.length > 1 ? new Set<BytePath>() : undefined;
    for (const [index, item] of items.entries()) {
      if (index % TURN === 0) await turn(this.#options.signal);
      const { entry } = item;
      const source = sources[item.source] as Selected;
      const target = joinBytePath(roots[item.source] as BytePath, item.path);
      const from = joinBytePath(source.path, item.path);
      const mayUnpack = unpack && item.path === '' && entry.type === 'file';
      if (mayUnpack || taken?.has(target)) await files.settle();
      taken?.add(target);
      let claimed: FileCopy | undefined;
      try {
        const common = this.#attributes(entry, entry.type === 'directory');
        const attributes = { ...common, xattrs: xattrs.get(entry.hostPath) };
        const isUnpacked = mayUnpack && (await this.#tryUnpack(from, entry));
        if (isUnpacked) this.#links.clear();
        else if (this.#tryLink(target, contents[index], attributes)) continue;
        else if (item.onTheWay) this.#putOnTheWay(target, attributes);
        else if (isSparse(entry)) await this.#putSparse(target, entry, attributes);
        else if (entry.type === 'file' && entry.nlink === 1) claimed = this.#claim(target, entry, attributes);
        else this.#putEntry(tree, from, target, entry, attributes);
      } catch (error) {
        throw asCopyError(error, from, target);
      }
      if (claimed !== undefined) await files.add({ ...claimed, from, to: target }, entry.size);
      else if (!this.#options.keepOwners) assertUnchanged(from, entry);
    }
  }

  putInline(file: InlineFile): void {
    const target = this.#fileTarget(file.name, 0);
    const attributes = this.#attributes({ mode: INLINE_MODE, uid: 0, gid: 0, mtimeMs: 0 }, false);
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

  /**
   * The directories that are made for the destination take an octal --chmod as mkdir(2) does under a umask of 022, and
   * of a symbolic one nothing, as with the reference.
   */
  #ensureDirectory(path: BytePath, mtimeMs: number): BytePath {
    const { writer, mode } = this.#options;
    const made = typeof mode === 'number' ? mode & DIRECTORY_MODE : DIRECTORY_MODE;
    return writer.ensureDirectory(path, this.#madeDirectory(mtimeMs, made));
  }

  #madeDirectory(mtimeMs: number, mode: number): FileAttributes {
    const { uid, gid } = this.#options.owner ?? { uid: 0, gid: 0 };
    return { mode, uid, gid, mtimeMs };
  }

  #attributes(from: Omit<FileAttributes, 'xattrs'>, isDirectory: boolean): FileAttributes {
    const { owner, keepOwners } = this.#options;
    const { uid, gid } = owner ?? (keepOwners ? from : { uid: 0, gid: 0 });
    return { mode: this.#changeMode(from.mode, isDirectory), uid, gid, mtimeMs: from.mtimeMs };
  }

  /** Made like its source; where there is a directory already, that takes over the mode alone. */
  #putOnTheWay(target: BytePath, attributes: FileAttributes): void {
    const { writer } = this.#options;
    if (writer.lookup(target)?.type === 'directory') writer.changeDirectoryMode(target, attributes.mode);
    else writer.putDirectory(target, attributes, REPLACE_NOTHING);
  }

  #putEntry(tree: Tree, from: BytePath, target: BytePath, entry: TreeEntry, attributes: FileAttributes): void {
    const { writer } = this.#options;
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

  /** Whether the file is there now, as a second name of what it was the last time: its source is not looked at. */
  #tryLink(target: BytePath, content: string | undefined, attributes: FileAttributes): boolean {
    const { writer, copied } = this.#options;
    if (content === undefined || copied === undefined) return false;
    const identity = CopiedFiles.identity(content, attributes);
    copied.made(target, identity);
    const earlier = copied.earlier(target, identity);
    return earlier !== undefined && writer.putFileLink(target, earlier, REPLACE_NOTHING);
  }

  /** A file with holes, whose copy has them too. */
  async #putSparse(target: BytePath, entry: TreeEntry, attributes: FileAttributes): Promise<void> {
    const { writer, signal } = this.#options;
    if (this.#links.firstNameOf(entry) !== undefined) return this.#putFile(target, entry, attributes);
    await writer.putSparseCopy(target, entry, attributes, { ...REPLACE_NOTHING, signal });
    this.#links.written(target, entry);
  }

  #claim(target: BytePath, entry: TreeEntry, attributes: FileAttributes): FileCopy {
    const { writer, keepOwners } = this.#options;
    const copy = writer.claimFile(target, entry.hostPath, attributes, REPLACE_NOTHING);
    this.#links.written(target, entry);
    return keepOwners ? copy : { ...copy, expected: { size: entry.size, ctimeMs: entry.ctimeMs, ino: entry.ino } };
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

  /**
   * ADD of a local archive: unpacked into the destination, which is then a directory whatever its name. --chown is for
   * all of it and --chmod for nothing, as with the reference.
   */
  async #tryUnpack(from: BytePath, entry: TreeEntry): Promise<boolean> {
    if (!(await isArchive(entry.hostPath))) return false;
    const { writer, destination, owner, signal } = this.#options;
    const directory = writer.ensureDirectory(destination, this.#madeDirectory(entry.mtimeMs, DIRECTORY_MODE));
    const archive = { name: from, path: entry.hostPath, size: entry.size };
    await unpackArchive(archive, writer, { directory, owner }, signal);
    return true;
  }
}

/** The frontend has refused what is no mode. */
function modeChangeOf(mode: number | string | undefined): ModeChange {
  if (typeof mode === 'number') return () => mode;
  const change = mode === undefined ? undefined : parseModeChange(mode);
  return change ?? ((before) => before);
}
