import { chmodSync, closeSync, lchownSync, lutimesSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { turn } from '../../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath } from '../../base/bytepath.ts';
import { type Digest, digestOf, hexOf } from '../../base/digest.ts';
import { isErrno, TsbuildError } from '../../base/error.ts';
import type { Descriptor } from '../../oci/types.ts';
import { decompress } from '../../tar/decompress.ts';
import { readTar } from '../../tar/read.ts';
import { type MountEntry, type MountTree, type Pack, piecesOf } from './document.ts';

/** What a member costs in a tar beside its content, at most: a header, padding, and more than names like these need. */
const MEMBER_SIZE = 4096;
const TURN = 64;

interface Place {
  file: BytePath;
  offset: number;
}

export interface RestoreOptions {
  /** The bytes of a pack, verified by its digest. */
  open: (blob: Descriptor) => Promise<AsyncIterable<Buffer>>;
  signal: AbortSignal;
}

/** Fills a new, empty directory with what a tree says. Every piece is verified; what is not what it should be is INVALID. */
export async function restoreTree(tree: MountTree, root: BytePath, { open, signal }: RestoreOptions): Promise<void> {
  const pieces = piecesOf(tree);
  const places = new Map<Digest, Place[]>();
  for (const [index, entry] of tree.entries.entries()) {
    if (index % TURN === 0) await turn(signal);
    const file = joinBytePath(root, entry.path);
    make(entry, file);
    let offset = 0;
    for (const number of entry.pieces ?? []) {
      const piece = pieces[number] as (typeof pieces)[number];
      const wanted = places.get(piece.digest) ?? [];
      wanted.push({ file, offset });
      places.set(piece.digest, wanted);
      offset += piece.size;
    }
  }
  for (const pack of tree.packs) {
    if (pack.pieces.some(({ digest }) => places.has(digest))) await unpack(pack, await open(pack.blob), places, signal);
  }
  const [missing] = places.keys();
  if (missing !== undefined) throw invalid(`no pack has the piece ${missing}`);
  for (const entry of [...tree.entries].reverse()) finish(entry, joinBytePath(root, entry.path));
}

function make({ type, target }: MountEntry, file: BytePath): void {
  if (type === 'directory') mkdirSync(fsPath(file), { mode: 0o700 });
  else if (type === 'symlink') symlinkSync(fsPath(target ?? ''), fsPath(file));
  else closeSync(openSync(fsPath(file), 'wx', 0o600));
}

/** What is in its place is taken out of `places`. */
async function unpack(
  { pieces }: Pack,
  blob: AsyncIterable<Buffer>,
  places: Map<Digest, Place[]>,
  signal: AbortSignal,
): Promise<void> {
  const sizes = new Map(pieces.map(({ digest, size }) => [hexOf(digest), size]));
  const most = pieces.reduce((sum, { size }) => sum + size + MEMBER_SIZE, MEMBER_SIZE);
  for await (const { entry, body } of readTar(limited(decompress(blob), most))) {
    signal.throwIfAborted();
    const digest: Digest = `sha256:${entry.path}`;
    const wanted = places.get(digest);
    if (entry.type !== 'file' || sizes.get(entry.path) !== entry.size) throw invalid(`a pack has ${entry.path} in it`);
    if (wanted === undefined) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    const data = Buffer.concat(chunks);
    if (digestOf(data) !== digest) throw invalid(`the piece ${entry.path} is not what its name says`);
    for (const place of wanted) write(data, place);
    places.delete(digest);
  }
}

async function* limited(source: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > most) throw invalid(`a pack is larger than the ${most} bytes that it says`);
    yield chunk;
  }
}

function write(data: Buffer, { file, offset }: Place): void {
  const fd = openSync(fsPath(file), 'r+');
  try {
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done, data.length - done, offset + done);
  } finally {
    closeSync(fd);
  }
}

/** Owners that this user namespace does not map stay root's. */
function finish({ type, mode, uid, gid, mtime }: MountEntry, file: BytePath): void {
  try {
    lchownSync(fsPath(file), uid, gid);
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'EPERM')) throw error;
  }
  if (type !== 'symlink') chmodSync(fsPath(file), mode);
  lutimesSync(fsPath(file), mtime, mtime);
}

function invalid(problem: string): TsbuildError {
  return new TsbuildError('INVALID', `the cache mount is damaged: ${problem}`);
}
