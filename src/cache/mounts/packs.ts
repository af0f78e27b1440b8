import { closeSync, constants, openSync } from 'node:fs';
import { turn } from '../../base/abortable.ts';
import { fsPath, toBytePath } from '../../base/bytepath.ts';
import { type Digest, digestOf, hexOf } from '../../base/digest.ts';
import { TsbuildError } from '../../base/error.ts';
import { compressedLayer } from '../../export/compress.ts';
import type { Compression } from '../../export/compression.ts';
import { OCI_LAYER } from '../../oci/media-types.ts';
import type { Descriptor } from '../../oci/types.ts';
import type { Store } from '../../store/open.ts';
import { TarWriter } from '../../tar/writer.ts';
import { type MountEntry, type MountTree, type Pack, type Piece, piecesOf } from './document.ts';
import { type PlacedPiece, readFully, type ScannedEntry } from './scan.ts';

/** As much plain content as one pack has, in bytes: what breaks is fetched again from there. */
const PACK_SIZE = 64 * 1024 * 1024;
/** A pack of which less than this is still used is not worth being carried along. */
const LEAST_LIVE = 0.5;
/** Small packs, which each export may add to, become one where there are more than these. */
const SMALL = 1024 * 1024;
const MOST_SMALL = 16;

export interface PackOptions {
  store: Store;
  compression: Compression;
  signal: AbortSignal;
}

/** What was scanned as a tree: pieces that earlier packs have stay where they are, all others become new packs. */
export async function packTree(
  scanned: readonly ScannedEntry[],
  earlier: readonly Pack[],
  options: PackOptions,
): Promise<MountTree> {
  const needed = new Map<Digest, PlacedPiece>();
  for (const { pieces = [] } of scanned) for (const piece of pieces) needed.set(piece.digest, piece);
  const kept = worthKeeping(earlier, needed);
  const there = new Set(kept.flatMap(({ pieces }) => pieces.map(({ digest }) => digest)));
  const missing = [...needed.values()].filter(({ digest }) => !there.has(digest));
  const packs = [...kept];
  for (const group of grouped(missing)) packs.push(await writePack(group, options));
  return { packs, entries: withNumbers(scanned, packs) };
}

function worthKeeping(earlier: readonly Pack[], needed: ReadonlyMap<Digest, Piece>): Pack[] {
  const distinct = new Map(earlier.map((pack) => [pack.blob.digest, pack]));
  const live = [...distinct.values()].filter(({ pieces }) => {
    const used = sizeOf(pieces.filter(({ digest }) => needed.has(digest)));
    return used > 0 && used >= LEAST_LIVE * sizeOf(pieces);
  });
  const large = live.filter(({ pieces }) => sizeOf(pieces) >= SMALL);
  const kept = live.length - large.length > MOST_SMALL ? large : live;
  // The same order whichever place they were read from, so that the same content gives the same document.
  return kept.sort((a, b) => (a.blob.digest < b.blob.digest ? -1 : 1));
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

function grouped(pieces: readonly PlacedPiece[]): PlacedPiece[][] {
  const groups: PlacedPiece[][] = [];
  let size = PACK_SIZE;
  for (const piece of pieces) {
    if (size + piece.size > PACK_SIZE) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(piece);
    size += piece.size;
  }
  return groups;
}

async function writePack(pieces: readonly PlacedPiece[], { store, compression, signal }: PackOptions): Promise<Pack> {
  const { content } = store;
  const writer = content.writer();
  try {
    const tar = new TarWriter((chunk) => writer.write(chunk));
    for (const piece of pieces) {
      const path = toBytePath(hexOf(piece.digest));
      tar.header({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: piece.size, mtime: 0 });
      tar.data(read(piece));
      await turn(signal);
    }
    tar.end();
  } catch (error) {
    writer.abort();
    throw error;
  }
  const plain: Descriptor = { mediaType: OCI_LAYER, ...(await writer.commit()) };
  const blob = await compressedLayer(plain, store, signal, compression);
  if (blob.digest !== plain.digest) content.remove(plain.digest);
  return { blob, pieces: pieces.map(({ digest, size }) => ({ digest, size })) };
}

function read({ file, offset, size, digest }: PlacedPiece): Buffer {
  const data = Buffer.allocUnsafe(size);
  const fd = openSync(fsPath(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (readFully(fd, data, offset) === size && digestOf(data) === digest) return data;
  } finally {
    closeSync(fd);
  }
  throw new TsbuildError('CHANGED', `a cache mount changed while it was being exported: ${file}`, {
    hint: 'something outside of the builds of this store writes there',
  });
}

function withNumbers(scanned: readonly ScannedEntry[], packs: readonly Pack[]): MountEntry[] {
  const numbers = new Map<Digest, number>();
  for (const [number, { digest }] of piecesOf({ packs }).entries()) {
    if (!numbers.has(digest)) numbers.set(digest, number);
  }
  return scanned.map(({ pieces, ...entry }) =>
    pieces === undefined ? entry : { ...entry, pieces: pieces.map(({ digest }) => numbers.get(digest) as number) },
  );
}
