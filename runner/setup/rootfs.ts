import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import { MNT_DETACH, MOUNT_ATTR, MS } from './flags.ts';
import { openTree, placeTree, restrictMount, restrictTree, type Tree } from './trees.ts';

/** What the kernel shows that is the host's business (the masked and read-only paths of Docker's OCI spec). */
const MASKED_DIRECTORIES = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const MASKED_FILES = ['interrupts', 'kcore', 'keys', 'latency_stats', 'sched_debug', 'timer_list', 'timer_stats'].map(
  (name) => `/proc/${name}`,
);
const READONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const KERNEL_FLAGS = MS.nosuid | MS.nodev | MS.noexec;
const { rdonly, nosuid, nodev, noexec } = MOUNT_ATTR;

/** The host's trees that replace a new proc or sysfs where the kernel refuses one. */
export interface KernelTrees {
  proc: Tree;
  sys: Tree;
}

export function openKernelTrees(program: Program): KernelTrees {
  const options = { recursive: true, failed: 'next' } as const;
  return { proc: openTree(program, '/proc', options), sys: openTree(program, '/sys', options) };
}

/** Nothing that is mounted here shows on the host; `/` may be shared. */
export function isolateMounts(program: Program): void {
  program.call(SYS.mount, [0, program.string('/'), 0, MS.rec | MS.slave, 0], { what: 'make / a slave mount' });
}

/** Makes the working directory, a mount, the root, and lets go of the host's. */
export function enterRoot(program: Program): void {
  const here = program.string('.');
  // The old root comes to lie over the new one, and the same name then leads to it (pivot_root(2), NOTES).
  program.call(SYS.pivot_root, [here, here], { what: 'pivot_root' });
  program.call(SYS.umount2, [here, MNT_DETACH], { what: 'umount the old root' });
  program.call(SYS.chdir, [program.string('/')], { what: 'chdir /' });
}

/** /proc and /sys with their masks. A user of a container inside a container gets the outer ones: they are masked. */
export function mountKernelFiles(program: Program, trees: KernelTrees): void {
  mountNewOr(program, 'proc', '/proc', KERNEL_FLAGS, () => placeTree(program, trees.proc, '/proc', { follow: false }));
  mountNewOr(program, 'sysfs', '/sys', KERNEL_FLAGS | MS.rdonly, () => {
    restrictTree(program, trees.sys, rdonly | nosuid | nodev | noexec, true);
    placeTree(program, trees.sys, '/sys', { follow: false });
  });
  for (const path of READONLY) makeReadonly(program, path);
  for (const path of MASKED_FILES) maskFile(program, path);
  for (const path of MASKED_DIRECTORIES) maskDirectory(program, path);
}

/** EPERM: the network namespace is not ours, or the outer file system is masked (mount_too_revealing). */
function mountNewOr(program: Program, type: string, target: string, flags: number, instead: () => void): void {
  const refused = program.label();
  const done = program.label();
  const args = [program.string(type), program.string(target), program.string(type), flags, 0];
  program.call(SYS.mount, args, { what: `mount ${type}`, failed: refused, expected: 'EPERM' });
  program.jump(done);
  program.place(refused);
  instead();
  program.place(done);
}

function makeReadonly(program: Program, path: string): void {
  const name = program.string(path);
  const what = `bind ${path}`;
  program.call(SYS.mount, [name, name, 0, MS.bind | MS.rec, 0], { what, failed: 'next', expected: 'ENOENT' });
  restrictMount(program, path, rdonly | nosuid | nodev | noexec, 'ENOENT');
}

function maskFile(program: Program, path: string): void {
  const args = [program.string('/dev/null'), program.string(path), 0, MS.bind, 0];
  program.call(SYS.mount, args, { what: `mask ${path}`, failed: 'next', expected: 'ENOENT' });
}

function maskDirectory(program: Program, path: string): void {
  const type = program.string('tmpfs');
  const args = [type, program.string(path), type, KERNEL_FLAGS | MS.rdonly, program.string('size=0k')];
  program.call(SYS.mount, args, { what: `mask ${path}`, failed: 'next', expected: 'ENOENT' });
}
