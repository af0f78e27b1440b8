import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { type BytePath, fromBytePath, fsPath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { fileTime } from '../base/file-time.ts';
import type { Task } from '../threads/task.ts';

/** What a file was when it was looked at. The time of the change is the one that no program can set. */
export type FileRecord = Pick<Stats, 'size' | 'ctimeMs' | 'ino'>;

/** A file that is to be made, with the content of another one. Paths are of this machine. */
export interface FileCopy {
  source: BytePath;
  /** Where no file is yet. */
  target: BytePath;
  mode: number;
  mtimeMs: number;
  /** Absent where it is that of whoever makes the file. */
  owner?: { uid: number; gid: number } | undefined;
  /** What the source still has to be once it has been read. */
  expected?: FileRecord | undefined;
}

export interface CopiedPart {
  /** How many were made, from the first one on. Of the next one there is nothing. */
  made: number;
  ownershipLost: boolean;
}

/** Makes files until one fails, which is told by their number: whoever asked makes that one again and gets the error. */
export const COPY_FILES: Task<readonly FileCopy[], CopiedPart> = {
  name: 'copy files',
  run: (copies) => {
    const done: CopiedPart = { made: 0, ownershipLost: false };
    try {
      for (const copy of copies) {
        if (!copyFile(copy)) done.ownershipLost = true;
        done.made++;
      }
    } catch {
      // The number says it.
    }
    return done;
  },
};

/**
 * Up to here, reading a file and writing it through one descriptor takes half the time of `copyFile`, which asks for
 * clones and works on paths; above, the kernel's copy wins, and clones save space.
 */
const SMALL = 128 * 1024;

const buffer = Buffer.allocUnsafeSlow(SMALL + 1);

/** Does not follow a link and does not wait for a fifo, either of which may have taken the file's place. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Makes one file; a failure leaves nothing. False where it could not get its owner because this user namespace does
 * not map it. Errors are those of the file system, or CHANGED.
 */
export function copyFile(copy: FileCopy): boolean {
  const content = readSmall(copy);
  if (content !== undefined) return writeNew(copy, content);
  try {
    copyFileSync(fsPath(copy.source), fsPath(copy.target), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) remove(copy);
    throw error;
  }
  return orRemove(copy, () => {
    assertUnchanged(copy, lstatSync(fsPath(copy.source)));
    return setAttributes(copy);
  });
}

/** The content of a small file, good until the next call; undefined for a larger one. */
function readSmall(copy: FileCopy): Buffer | undefined {
  const fd = openSync(fsPath(copy.source), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length <= SMALL; length += read) {
      read = readSync(fd, buffer, length, buffer.length - length, null);
    }
    if (length > SMALL) return undefined;
    if (copy.expected !== undefined) assertUnchanged(copy, fstatSync(fd));
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function writeNew(copy: FileCopy, content: Buffer): boolean {
  const fd = openSync(fsPath(copy.target), 'wx', 0o600);
  return orRemove(copy, () => {
    try {
      writeAll(fd, content);
      return setFileAttributes(fd, copy);
    } finally {
      closeSync(fd);
    }
  });
}

export function writeAll(fd: number, content: Uint8Array): void {
  for (let offset = 0; offset < content.length; ) offset += writeSync(fd, content, offset);
}

/** Owner, mode and time of a file that is open. As `copyFile` in what it returns. */
export function setFileAttributes(fd: number, { owner, mode, mtimeMs }: Omit<FileCopy, 'source' | 'target'>): boolean {
  const time = fileTime(mtimeMs);
  const isOwned = owner === undefined || tryOwn(() => fchownSync(fd, owner.uid, owner.gid));
  fchmodSync(fd, mode);
  futimesSync(fd, time, time);
  return isOwned;
}

function setAttributes({ target, owner, mode, mtimeMs }: FileCopy): boolean {
  const path = fsPath(target);
  const time = fileTime(mtimeMs);
  const isOwned = owner === undefined || tryOwn(() => lchownSync(path, owner.uid, owner.gid));
  chmodSync(path, mode);
  lutimesSync(path, time, time);
  return isOwned;
}

/** Whether an owner could be set: a user namespace answers EINVAL for one that it does not map. */
export function tryOwn(chown: () => void): boolean {
  try {
    chown();
    return true;
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    return false;
  }
}

function assertUnchanged({ source, expected }: FileCopy, now: FileRecord): void {
  if (expected === undefined || sameFile(expected, now)) return;
  throw new TsbuildError('CHANGED', `${fromBytePath(source)} changed while it was being copied`);
}

export function sameFile(before: FileRecord, after: FileRecord): boolean {
  return before.size === after.size && before.ctimeMs === after.ctimeMs && before.ino === after.ino;
}

function orRemove<T>(copy: FileCopy, work: () => T): T {
  try {
    return work();
  } catch (error) {
    remove(copy);
    throw error;
  }
}

function remove({ target }: FileCopy): void {
  rmSync(fsPath(target), { force: true });
}
