import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '../../src/base/atomic.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { LAUNCHERS } from '../launcher-bytes.ts';

/** The bytes of its file. */
export const IMAGE = Buffer.from(LAUNCHERS[process.arch] ?? '', 'base64');
const NAME = `launcher-${createHash('sha256').update(IMAGE).digest('hex').slice(0, 16)}`;

let directory: string | undefined;
/** The directory in use. */
let place: string | undefined;

/**
 * Where the launcher is written before it is first run: a directory that only we can write, on a file system that
 * lets programs run. Without this, and where such a directory turns out not to, a private one below the temporary
 * directory of the machine.
 */
export function configureLauncher(options: { directory: string }): void {
  directory = options.directory;
  place = undefined;
}

/**
 * The path of the launcher. It is compared with its known bytes before each start: a file that was damaged or replaced
 * is not executed.
 */
export function launcherPath(): string {
  place ??= directory ?? temporaryDirectory();
  return installLauncher(place);
}

/**
 * Leaves a directory in which the launcher was found not to run (a `noexec` mount).
 * Returns false where there is no other place left.
 */
export function leaveLauncherDirectory(): boolean {
  if (directory === undefined) return false;
  directory = undefined;
  place = undefined;
  return true;
}

/** Writes the launcher into a directory unless it is there; its name holds a hash of its bytes. */
export function installLauncher(target: string): string {
  if (IMAGE.length === 0) {
    throw new TsbuildError(
      'SANDBOX',
      `the launcher is written for x86-64 and arm64, and this machine is ${process.arch}`,
    );
  }
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const path = join(target, NAME);
  if (isGenuine(path)) return path;
  const temporary = join(target, uniqueName('.launcher-'));
  try {
    writeFileSync(temporary, IMAGE, { flag: 'wx', mode: 0o755 });
    chmodSync(temporary, 0o755);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return path;
}

/** Whether the file is ours, writable by nobody else and holds exactly the launcher. */
function isGenuine(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'EACCES')) return false;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || !isOwn(stats) || stats.size !== IMAGE.length || !readFileSync(fd).equals(IMAGE))
      return false;
    fchmodSync(fd, 0o755);
    return true;
  } finally {
    closeSync(fd);
  }
}

function isOwn(stats: Stats): boolean {
  return stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
}

/** A directory below the temporary one that belongs to us and to nobody else: a known name, or one made for this run. */
function temporaryDirectory(): string {
  const known = join(tmpdir(), `tsbuild-${process.geteuid?.()}`);
  try {
    mkdirSync(known, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const stats = lstatSync(known);
  if (stats.isDirectory() && isOwn(stats)) return known;
  const made = mkdtempSync(`${known}-`);
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
