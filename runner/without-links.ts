import type { BytePath } from '../src/base/bytepath.ts';
import { TsbuildError } from '../src/base/error.ts';
import { CLONE, MOUNT_ATTR } from './setup/flags.ts';
import { startOuter } from './setup/processes.ts';
import { isolateMounts } from './setup/rootfs.ts';
import { openTree, placeTree, restrictTree } from './setup/trees.ts';
import { newProgram } from './syscall/batch.ts';
import { hold } from './syscall/hold.ts';
import { SYS } from './syscall/numbers.ts';

/** A directory by a path on which no link is followed. */
export interface LinklessDirectory {
  path: BytePath;
  close(): void;
}

/**
 * A directory that others change while we read it, as the layer of a container that runs: whatever they put in the
 * place of a name that we have looked at, the kernel follows no symbolic link below the path (ELOOP), opens no device
 * and writes nothing. It is a mount that only a process of ours sees. Linux 5.14.
 */
export async function openWithoutLinks(directory: BytePath): Promise<LinklessDirectory> {
  const program = newProgram();
  startOuter(program);
  program.call(SYS.unshare, [CLONE.newns], { what: 'unshare the mounts' });
  isolateMounts(program);
  const tree = openTree(program, directory, { recursive: false });
  const { rdonly, nosuid, nodev, noexec, nosymfollow } = MOUNT_ATTR;
  restrictTree(program, tree, rdonly | nosuid | nodev | noexec | nosymfollow, false);
  placeTree(program, tree, directory, { follow: false });
  program.call(SYS.chdir, [program.string(directory)], { what: `chdir ${directory}` });
  const holder = await hold(program);
  if (holder !== undefined) return { path: `/proc/${holder.pid}/cwd`, close: () => void holder.control.end() };
  throw new TsbuildError('SANDBOX', 'the kernel cannot read a directory without following links in it', {
    hint: 'this needs Linux 5.14, and the right to mount',
  });
}
