import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../src/base/error.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n';
const GROUP = 'root:x:0:\nstaff:x:50:\nnogroup:x:65534:\n';

/** Where tests keep what takes long to make, outside the repository and across runs. */
export function testCache(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const directory = join(base, 'tsbuild-test');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * A small root file system from Debian's busybox-static: bin/busybox with a link for every applet, etc/passwd,
 * etc/group, tmp, root. It is shared: copy it, or use it as a lower directory, and do not write to it.
 */
export async function busyboxRoot(): Promise<string> {
  const root = join(testCache(), 'busybox-1');
  if (existsSync(join(root, 'bin/sh'))) return root;
  const work = mkdtempSync(join(testCache(), '.busybox-'));
  try {
    mkdirSync(join(work, 'root'), { mode: 0o755 });
    unpackBusybox(work);
    fillRoot(join(work, 'root'));
    publish(join(work, 'root'), root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return root;
}

function unpackBusybox(work: string): void {
  const download = () => execFileSync('apt-get', ['-qq', 'download', 'busybox-static'], { cwd: work, stdio: 'pipe' });
  try {
    download();
  } catch {
    // The lists of a fresh machine are empty or name a version that has gone.
    execFileSync('apt-get', ['-qq', 'update'], { stdio: 'pipe' });
    download();
  }
  const archive = readdirSync(work).find((name) => name.endsWith('.deb')) ?? 'busybox-static.deb';
  execFileSync('dpkg-deb', ['-x', archive, 'package'], { cwd: work });
  mkdirSync(join(work, 'root/bin'));
  const found = ['bin/busybox', 'usr/bin/busybox'].find((path) => existsSync(join(work, 'package', path)));
  renameSync(join(work, 'package', found ?? 'bin/busybox'), join(work, 'root/bin/busybox'));
}

function fillRoot(root: string): void {
  const busybox = join(root, 'bin/busybox');
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  }
  for (const name of ['etc', 'root', 'tmp']) mkdirSync(join(root, name));
  chmodSync(join(root, 'tmp'), 0o1777);
  writeFileSync(join(root, 'etc/passwd'), PASSWD);
  writeFileSync(join(root, 'etc/group'), GROUP);
}

/** Another test file may have finished the same tree first; then that one is kept. */
function publish(made: string, root: string): void {
  try {
    renameSync(made, root);
  } catch (error) {
    if (!isErrno(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  }
}
