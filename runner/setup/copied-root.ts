import type { OverlaySpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import type { CallOptions, Program } from '../syscall/program.ts';
import { AT, MOUNT_ATTR, MS } from './flags.ts';
import { mountOverlay } from './overlay.ts';

/**
 * Mounts the root over its own upper directory and makes it the working directory.
 * @param flags `nodev`, or 0 for a sandbox that may use devices
 */
export function mountRoot(program: Program, spec: OverlaySpec, flags = MS.nodev): void {
  if (spec.copied === true) mountCopy(program, spec, flags);
  else mountOverlay(program, spec, flags);
}

/**
 * A directory that is the whole root becomes a mount. Unlike an overlay it has the flags of the file system that it lies
 * on: programs are to work also where that is mounted `noexec` or `nosuid`, unless a user namespace locks these.
 */
function mountCopy(program: Program, { directory, upper }: OverlaySpec, flags: number): void {
  program.call(SYS.chdir, [program.string(directory)], { what: `chdir ${directory}` });
  const root = program.string(upper);
  program.call(SYS.mount, [root, root, 0, MS.bind, 0], { what: `mount the copied root in ${directory}` });
  const set = (attributes: number, cleared: number, options: CallOptions) =>
    program.call(SYS.mount_setattr, [AT.fdcwd, root, 0, program.words([attributes, cleared, 0, 0]), 32], options);
  const { nodev, noexec, nosuid } = MOUNT_ATTR;
  set(0, noexec | nosuid, { failed: 'next', expected: 'EPERM' });
  if (flags & MS.nodev) set(nodev, 0, { what: 'mount the copied root without devices' });
  else set(0, nodev, { failed: 'next', expected: 'EPERM' });
  program.call(SYS.chdir, [root], { what: 'enter the copied root' });
}
