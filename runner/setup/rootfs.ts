import { existsSync, readdirSync } from 'node:fs';
import { SYS } from '../syscall/numbers.ts';
import type { Label, Program } from '../syscall/program.ts';
import { AT, MNT_DETACH, MOUNT_ATTR, MS } from './flags.ts';
import { newTree, openTree, placeTree, restrictMount, restrictTree, type Tree } from './trees.ts';

/** What the kernel shows that is the host's business (the masked and read-only paths of Docker's OCI spec). */
const MASKED_DIRECTORIES = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
export const MASKED_FILES = [
  'interrupts',
  'kcore',
  'keys',
  'latency_stats',
  'sched_debug',
  'timer_list',
  'timer_stats',
].map((name) => `/proc/${name}`);
/** How often each processor was too hot, and so what others do, of processors that count that. */
let throttles: string[] | undefined;

/** What is covered by an empty directory. */
export function maskedDirectories(): string[] {
  return [...MASKED_DIRECTORIES, ...throttleDirectories()];
}

function throttleDirectories(): string[] {
  throttles ??= readdirSync(CPUS)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${CPUS}/${name}/thermal_throttle`)
    .filter((path) => existsSync(path));
  return throttles;
}

const CPUS = '/sys/devices/system/cpu';
export const READONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const KERNEL_FLAGS = MS.nosuid | MS.nodev | MS.noexec;
const { rdonly, nosuid, nodev, noexec } = MOUNT_ATTR;

export interface KernelTrees {
  proc: Tree;
  sys: Tree;
}

/**
 * A proc and a sysfs of our own, or the outer ones where the kernel refuses them with EPERM: sysfs, because the
 * network namespace is not ours; either, because what we see of the outer one is masked and a new one would show more
 * (mount_too_revealing). The kernel compares with the mounts we see, so this happens before we leave the old root.
 */
export function openKernelTrees(program: Program, insecure: boolean): KernelTrees {
  const attributes = nosuid | nodev | noexec;
  const ofSys = insecure ? attributes : attributes | rdonly;
  const proc = program.reserve(8) as Tree;
  const sys = program.reserve(8) as Tree;
  orElse(
    program,
    (refused) => newTree(program, 'proc', attributes, proc, refused),
    () => {
      openTree(program, '/proc', { recursive: true, into: proc });
    },
  );
  orElse(
    program,
    (refused) => newTree(program, 'sysfs', ofSys, sys, refused),
    () => {
      openTree(program, '/sys', { recursive: true, into: sys });
      restrictTree(program, sys, ofSys, true);
    },
  );
  return { proc, sys };
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
  // A layer may hide the mount points of the bottom one.
  for (const path of ['/dev', '/proc', '/sys']) {
    program.call(SYS.mkdirat, [AT.fdcwd, program.string(path), 0o755], { failed: 'next', expected: 'EEXIST' });
  }
}

/** Puts /proc and /sys in place, with their masks unless the sandbox is to have none. */
export function mountKernelFiles(program: Program, trees: KernelTrees, insecure: boolean): void {
  placeTree(program, trees.proc, '/proc', { follow: false });
  placeTree(program, trees.sys, '/sys', { follow: false });
  if (insecure) return;
  for (const path of READONLY) makeReadonly(program, path);
  for (const path of MASKED_FILES) maskFile(program, path);
  for (const path of maskedDirectories()) maskDirectory(program, path);
}

/** `attempt` goes on at its label where it is refused, and `instead` follows. */
function orElse(program: Program, attempt: (refused: Label) => void, instead: () => void): void {
  const refused = program.label();
  const done = program.label();
  attempt(refused);
  program.jump(done);
  program.place(refused);
  instead();
  program.place(done);
}

function makeReadonly(program: Program, path: string): void {
  const name = program.string(path);
  const what = `bind ${path}`;
  program.call(SYS.mount, [name, name, 0, MS.bind | MS.rec, 0], { what, failed: 'next', expected: 'ENOENT' });
  restrictMount(program, path, rdonly | nosuid | nodev | noexec, { expected: 'ENOENT' });
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
