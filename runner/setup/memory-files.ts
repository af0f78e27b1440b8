import type { BytePath } from '../../src/base/bytepath.ts';
import type { MemoryFile } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { at, type Program } from '../syscall/program.ts';
import { AT, MNT_DETACH, MOUNT_ATTR, MS, O } from './flags.ts';
import { openTree, restrictTree, type Tree } from './trees.ts';

/** Any directory that every host has: for a moment a file system in memory covers it, in our mount namespace alone. */
const COVERED = '/proc';

export interface OpenFile {
  tree: Tree;
  target: BytePath;
}

/** Writes files into a file system in memory that is mounted nowhere afterwards. The umask is 0. */
export function openFiles(program: Program, files: readonly MemoryFile[]): OpenFile[] {
  if (files.length === 0) return [];
  const [type, covered] = [program.string('tmpfs'), program.string(COVERED)];
  const flags = MS.nosuid | MS.nodev | MS.noexec;
  program.call(SYS.mount, [type, covered, type, flags, program.string('mode=0700')], { what: 'mount tmpfs for files' });
  const opened = files.map((file, index) => ({ target: file.target, tree: openFile(program, file, index) }));
  program.call(SYS.umount2, [covered, MNT_DETACH], { what: 'umount the tmpfs of files' });
  return opened;
}

function openFile(program: Program, { target, content, mode, uid, gid }: MemoryFile, index: number): Tree {
  const path = `${COVERED}/${index}`;
  const file = program.reserve(8);
  const flags = O.creat | O.excl | O.wronly | O.cloexec;
  const what = `write the file that becomes ${target}`;
  program.call(SYS.openat, [AT.fdcwd, program.string(path), flags, mode], { what, store: file });
  program.call(SYS.write, [at(file), program.bytes(content), content.length], { what });
  // EINVAL: an id that the user namespace does not map.
  program.call(SYS.fchown, [at(file), uid, gid], { what, failed: 'next', expected: 'EINVAL' });
  program.call(SYS.close, [at(file)]);
  const tree = openTree(program, path, { recursive: false });
  const { rdonly, nosuid, nodev, noexec } = MOUNT_ATTR;
  restrictTree(program, tree, rdonly | nosuid | nodev | noexec, false);
  return tree;
}
