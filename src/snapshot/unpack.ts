import { type BytePath, fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { TarEntry } from '../tar/entry.ts';
import { type TarHandler, type TarLimits, TarParser } from '../tar/parser.ts';
import type { FileAttributes } from './attributes.ts';
import type { LayerFile, LayerWriter } from './layer-writer.ts';
import { type ResolvedPath, resolvePath } from './resolve.ts';
import { splitPath, type Tree } from './tree.ts';

const WHITEOUT_PREFIX = '.wh.';
const OPAQUE_MARK = '.wh..wh..opq';
/** Names that AUFS keeps for itself; they say nothing about the image. */
const AUFS_PREFIX = '.wh..wh.';

/** Parents that a layer does not list. */
const MISSING_PARENT: Omit<FileAttributes, 'mtimeMs'> = { mode: 0o755, uid: 0, gid: 0 };

/**
 * Applies a layer's tar to a layer directory, whiteouts included (OCI image-spec layer.md, Applying Changesets).
 *
 * The archive may be hostile: a name with `..` is refused, links in a parent are followed inside the root only, and
 * hard links lead to files of this root only. Nothing is written through a link in the last place.
 */
export async function unpackLayer(
  source: AsyncIterable<Buffer>,
  writer: LayerWriter,
  limits: TarLimits = {},
): Promise<void> {
  const unpacker = new Unpacker(writer, { whiteouts: true, directory: '' });
  await feed(source, new TarParser(unpacker, limits), unpacker);
  await writer.finish();
}

export interface UnpackOptions extends TarLimits {
  /** A directory of the layer, free of links: the archive's root, out of which no link of it leads. */
  directory: BytePath;
  /** For everything in the archive, in the place of its own owners. */
  owner?: { uid: number; gid: number } | undefined;
}

/** Unpacks an archive that is no layer: names that mean a whiteout are files like others. The writer is left open. */
export async function unpackInto(
  source: AsyncIterable<Buffer>,
  writer: LayerWriter,
  { directory, owner, ...limits }: UnpackOptions,
): Promise<void> {
  const unpacker = new Unpacker(writer, { whiteouts: false, directory, owner });
  await feed(source, new TarParser(unpacker, limits), unpacker);
}

async function feed(source: AsyncIterable<Buffer>, parser: TarParser, unpacker: Unpacker): Promise<void> {
  try {
    for await (const chunk of source) write(parser, chunk);
    parser.end();
  } finally {
    unpacker.abandon();
  }
}

/** What the kernel answers to names, links and trees that no file system holds. */
const IMPOSSIBLE = ['ENAMETOOLONG', 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK'];

function write(parser: TarParser, chunk: Buffer): void {
  try {
    parser.write(chunk);
  } catch (error) {
    if (!isErrno(error, ...IMPOSSIBLE)) throw error;
    throw new TsbuildError('INVALID', `the archive holds what no file system can: ${error.message}`, { cause: error });
  }
}

class Unpacker implements TarHandler {
  readonly #writer: LayerWriter;
  readonly #whiteouts: boolean;
  readonly #directory: BytePath;
  readonly #owner: UnpackOptions['owner'];
  /** What lies below the directory: links are resolved in there. */
  readonly #tree: Pick<Tree, 'lookup' | 'readlink'>;
  #file: { file: LayerFile; attributes: FileAttributes } | undefined;

  constructor(
    writer: LayerWriter,
    { whiteouts, directory, owner }: Pick<UnpackOptions, 'directory' | 'owner'> & { whiteouts: boolean },
  ) {
    this.#writer = writer;
    this.#whiteouts = whiteouts;
    this.#directory = directory;
    this.#owner = owner;
    this.#tree = {
      lookup: (path) => writer.lookup(joinBytePath(directory, path)),
      readlink: (path) => writer.readlink(joinBytePath(directory, path)),
    };
  }

  entry(entry: TarEntry): void {
    const names = cleanNames(entry.path);
    const name = names.pop();
    const attributes = { ...attributesOf(entry), ...this.#owner };
    if (name === undefined) {
      // The directory that an archive is unpacked into is not the archive's; the root of a layer is.
      if (entry.type === 'directory' && this.#whiteouts) this.#writer.putDirectory('', attributes, { replace: true });
      return;
    }
    const parent = this.#writer.ensureDirectory(this.#resolve(names.join('/'), { followLast: true }).path, {
      ...MISSING_PARENT,
      mtimeMs: attributes.mtimeMs,
    });
    if (!this.#whiteouts || !name.startsWith(WHITEOUT_PREFIX)) this.#put(joinBytePath(parent, name), entry, attributes);
    else if (name === OPAQUE_MARK) this.#writer.markOpaque(parent);
    else if (!name.startsWith(AUFS_PREFIX)) this.#writer.whiteout(hiddenBy(parent, name));
  }

  #resolve(path: BytePath, options: { followLast: boolean }): ResolvedPath {
    const { path: inside, entry } = resolvePath(this.#tree, path, options);
    return { path: joinBytePath(this.#directory, inside), entry };
  }

  data(chunk: Buffer): void {
    this.#file?.file.write(chunk);
  }

  end(): void {
    const open = this.#file;
    this.#file = undefined;
    open?.file.close(open.attributes);
  }

  /** Lets go of a file that will not be complete. */
  abandon(): void {
    this.#file?.file.abandon();
    this.#file = undefined;
  }

  #put(path: BytePath, entry: TarEntry, attributes: FileAttributes): void {
    const replace = { replace: true };
    switch (entry.type) {
      case 'file':
        this.#file = { file: this.#writer.openFile(path, replace), attributes };
        break;
      case 'directory':
        this.#writer.putDirectory(path, attributes, replace);
        break;
      case 'symlink':
        this.#writer.putSymlink(path, entry.linkPath ?? '', attributes, replace);
        break;
      case 'hardlink':
        this.#putHardLink(path, entry.linkPath ?? '');
        break;
      default: {
        const { type, devMajor = 0, devMinor = 0 } = entry;
        const isWhiteout = this.#whiteouts && type === 'char' && devMajor === 0 && devMinor === 0;
        if (isWhiteout) this.#writer.whiteout(path);
        else this.#writer.putNode({ path, type, major: devMajor, minor: devMinor }, attributes, replace);
      }
    }
  }

  #putHardLink(path: BytePath, target: BytePath): void {
    const { path: existing, entry } = this.#resolve(cleanNames(target).join('/'), { followLast: false });
    if (entry === undefined) {
      throw new TsbuildError('INVALID', `the archive links /${fromBytePath(path)} to a file that does not exist`);
    }
    if (existing !== path) this.#writer.putHardLink(path, existing, { replace: true });
  }
}

function attributesOf(entry: TarEntry): FileAttributes {
  const { mode, uid, gid, mtime, xattrs } = entry;
  return { mode, uid, gid, mtimeMs: mtime * 1000, xattrs };
}

/** Bytes of a path that the kernel takes at once (PATH_MAX, with its NUL). */
const MAX_PATH = 4095;

function tooLong(path: BytePath): TsbuildError {
  const shown = fromBytePath(path.slice(0, 60));
  return new TsbuildError('INVALID', `the archive holds a path of ${path.length} bytes, longer than any: ${shown}…`);
}

/** The names of a path in an archive. A leading slash and `.` are common and harmless; `..` is neither, and INVALID. */
export function cleanNames(path: BytePath): BytePath[] {
  if (path.length > MAX_PATH) throw tooLong(path);
  const names = splitPath(path);
  if (names.includes('..') || path.includes('\0')) throw leavesRoot(path);
  return names;
}

function leavesRoot(path: BytePath): TsbuildError {
  return new TsbuildError('INVALID', `the archive holds a path that leaves its root: ${fromBytePath(path)}`);
}

function hiddenBy(directory: BytePath, mark: BytePath): BytePath {
  const name = mark.slice(WHITEOUT_PREFIX.length);
  if (name === '' || name === '.' || name === '..') {
    throw new TsbuildError('INVALID', `the layer holds a whiteout of nothing: ${fromBytePath(mark)}`);
  }
  return joinBytePath(directory, name);
}
