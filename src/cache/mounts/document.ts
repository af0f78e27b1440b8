import type { BytePath } from '../../base/bytepath.ts';
import { type Digest, isDigest } from '../../base/digest.ts';
import { CheckedObject } from '../../oci/fields.ts';
import type { Descriptor } from '../../oci/types.ts';

/** A cache mount as a cache carries it. */
export interface CarriedMount {
  /** The name of its directory in a store: a hash of what it is known by. */
  key: string;
  namespace: string;
  id: string;
  /** When a step has used it last, in milliseconds since the epoch. */
  time: number;
  /** Bytes of its files. */
  size: number;
  /** The document that lists them. */
  tree: Descriptor;
}

/** A part of a file, or all of a small one, by the digest of its bytes. */
export interface Piece {
  digest: Digest;
  size: number;
}

/** A tar of pieces, each a member that is named after its digest. */
export interface Pack {
  blob: Descriptor;
  pieces: readonly Piece[];
}

export interface MountEntry {
  path: BytePath;
  type: 'directory' | 'file' | 'symlink';
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  target?: BytePath | undefined;
  /** Of a file: the numbers of its pieces, counted through all packs. */
  pieces?: readonly number[] | undefined;
}

/** What a mount holds. A directory comes before what is in it. */
export interface MountTree {
  packs: readonly Pack[];
  entries: readonly MountEntry[];
}

/** The type of the document, which is compressed. */
export const MOUNT_TREE = 'application/vnd.tsbuild.cache.mount.v1+gzip';

export const MAX_TREE_SIZE = 256 * 1024 * 1024;
/** No file is in one piece above this size: where it changes, the rest need not travel again. */
export const PIECE_SIZE = 4 * 1024 * 1024;
/** What one mount may hold: more is a mistake or an attack. */
const MAX_MOUNT_SIZE = 64 * 1024 ** 3;
const MAX_ENTRIES = 1_000_000;
const VERSION = 1;
/** Permission bits and the sticky one: nobody gets a program with the rights of somebody else. */
const MODE_MASK = 0o1777;

export function formatTree(tree: MountTree): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, ...tree }));
}

/** The pieces of all packs, in the order in which entries count them. */
export function piecesOf({ packs }: Pick<MountTree, 'packs'>): Piece[] {
  return packs.flatMap(({ pieces }) => pieces);
}

/** Reads what a stranger says that a mount holds. INVALID where a path would leave it, or where it is beyond limits. */
export function parseTree(bytes: Uint8Array): MountTree {
  const root = CheckedObject.parse(bytes, 'cache mount', MAX_TREE_SIZE);
  if (root.count('version') !== VERSION) root.fail('version', `${VERSION}, the one that this version of tsbuild knows`);
  const packs = (root.objects('packs') ?? []).map((pack): Pack => {
    const pieces = (pack.objects('pieces') ?? []).map(pieceOf);
    return { blob: descriptorOf(pack.requiredObject('blob')), pieces };
  });
  const objects = root.objects('entries') ?? [];
  if (objects.length > MAX_ENTRIES) root.fail('entries', `a list of at most ${MAX_ENTRIES}`);
  const sizes = piecesOf({ packs }).map(({ size }) => size);
  const names = new Set<BytePath>();
  const directories = new Set<BytePath>(['']);
  let total = 0;
  const entries = objects.map((object): MountEntry => {
    const entry = entryOf(object, sizes.length);
    const { path, type } = entry;
    if (!isInside(path, directories) || names.has(path)) object.fail('path', 'a new name in a directory of the mount');
    names.add(path);
    if (type === 'directory') directories.add(path);
    for (const piece of entry.pieces ?? []) total += sizes[piece] as number;
    if (total > MAX_MOUNT_SIZE) root.fail('entries', `at most ${MAX_MOUNT_SIZE} bytes`);
    return entry;
  });
  return { packs, entries };
}

function pieceOf(object: CheckedObject): Piece {
  const size = object.count('size') ?? object.fail('size', 'a number of bytes');
  if (size > PIECE_SIZE) object.fail('size', `at most ${PIECE_SIZE}`);
  return { digest: object.requiredDigest('digest'), size };
}

function entryOf(object: CheckedObject, pieces: number): MountEntry {
  const type = object.requiredString('type');
  const common = {
    path: object.requiredString('path'),
    mode: (object.count('mode') ?? 0) & MODE_MASK,
    uid: object.count('uid') ?? 0,
    gid: object.count('gid') ?? 0,
    mtime: object.count('mtime') ?? 0,
  };
  if (type === 'directory') return { ...common, type };
  if (type === 'symlink') return { ...common, type, target: targetOf(object) };
  if (type !== 'file') return object.fail('type', 'directory, file or symlink');
  const numbers = object.value.pieces;
  const isPiece = (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < pieces;
  if (!Array.isArray(numbers) || !numbers.every(isPiece))
    return object.fail('pieces', 'a list of pieces that there are');
  return { ...common, type, pieces: numbers as number[] };
}

/** Links are only read inside of containers, and may lead anywhere. */
function targetOf(object: CheckedObject): BytePath {
  const target = object.requiredString('target');
  return isBytes(target) && target !== '' ? target : object.fail('target', 'a path');
}

/** Every parent is a directory of the mount, so that no link is followed on the way. */
function isInside(path: BytePath, directories: ReadonlySet<BytePath>): boolean {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const isName = name !== '' && name !== '.' && name !== '..' && isBytes(path);
  return isName && directories.has(path.slice(0, Math.max(0, slash))) && slash !== 0;
}

function isBytes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name has any byte but NUL
  return /^[\x01-\xff]*$/.test(text);
}

export function mountOf(object: CheckedObject): CarriedMount {
  const key = object.requiredString('key');
  if (!isDigest(`sha256:${key}`)) object.fail('key', '64 hexadecimal digits');
  return {
    key,
    namespace: object.string('namespace') ?? '',
    id: object.requiredString('id'),
    time: object.count('time') ?? 0,
    size: object.count('size') ?? 0,
    tree: descriptorOf(object.requiredObject('tree')),
  };
}

function descriptorOf(object: CheckedObject): Descriptor {
  return {
    mediaType: object.requiredString('mediaType'),
    digest: object.requiredDigest('digest'),
    size: object.count('size') ?? object.fail('size', 'a number of bytes'),
  };
}
