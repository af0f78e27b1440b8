import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { turn } from '../../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath } from '../../base/bytepath.ts';
import { type MountEntry, PIECE_SIZE, type Piece } from './document.ts';

/** Where the bytes of a piece are on this machine. */
export interface PlacedPiece extends Piece {
  file: BytePath;
  offset: number;
}

export interface ScannedEntry extends Omit<MountEntry, 'pieces'> {
  pieces?: readonly PlacedPiece[] | undefined;
}

const buffer = Buffer.allocUnsafeSlow(PIECE_SIZE);
/** How many names are read before other work of this process gets a turn. */
const TURN = 64;

/** What a directory holds, sorted; sockets, pipes and devices are left out. Nothing writes there meanwhile. */
export async function scanMount(root: BytePath, signal: AbortSignal): Promise<ScannedEntry[]> {
  const entries: ScannedEntry[] = [];
  const pending: BytePath[] = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const names = readdirSync(fsPath(joinBytePath(root, directory)), 'latin1').sort();
    for (const name of names) {
      if (entries.length % TURN === 0) await turn(signal);
      const entry = entryAt(root, joinBytePath(directory, name));
      if (entry === undefined) continue;
      entries.push(entry);
      if (entry.type === 'directory') pending.push(entry.path);
    }
  }
  return entries;
}

function entryAt(root: BytePath, path: BytePath): ScannedEntry | undefined {
  const file = joinBytePath(root, path);
  const stats = lstatSync(fsPath(file));
  const { uid, gid, mode } = stats;
  const common = { path, mode: mode & 0o1777, uid, gid, mtime: Math.max(0, Math.floor(stats.mtimeMs / 1000)) };
  if (stats.isDirectory()) return { ...common, type: 'directory' };
  if (stats.isSymbolicLink()) return { ...common, type: 'symlink', target: readlinkSync(fsPath(file), 'latin1') };
  return stats.isFile() ? { ...common, type: 'file', pieces: piecesIn(file) } : undefined;
}

function piecesIn(file: BytePath): PlacedPiece[] {
  const pieces: PlacedPiece[] = [];
  const fd = openSync(fsPath(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let offset = 0; ; ) {
      const size = readFully(fd, buffer, offset);
      if (size === 0) return pieces;
      const hex = createHash('sha256').update(buffer.subarray(0, size)).digest('hex');
      pieces.push({ digest: `sha256:${hex}`, size, file, offset });
      offset += size;
      if (size < PIECE_SIZE) return pieces;
    }
  } finally {
    closeSync(fd);
  }
}

/** Reads until the buffer is full or the file ends; says how much that was. */
export function readFully(fd: number, into: Buffer, offset: number): number {
  let size = 0;
  for (let read = -1; read !== 0 && size < into.length; size += read) {
    read = readSync(fd, into, size, into.length - size, offset + size);
  }
  return size;
}
