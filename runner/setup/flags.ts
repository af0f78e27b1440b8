/** Constants of the kernel's interface (include/uapi/linux/{mount,sched,fcntl,prctl,capability,openat2}.h). */

export const MS = {
  rdonly: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  bind: 0x1000,
  rec: 0x4000,
  slave: 1 << 19,
  strictatime: 1 << 24,
};

export const MNT_DETACH = 2;

export const MOUNT_ATTR = { rdonly: 1, nosuid: 2, nodev: 4, noexec: 8, nosymfollow: 0x20_0000 };

export const CLONE = {
  newns: 0x2_0000,
  newcgroup: 0x200_0000,
  newuts: 0x400_0000,
  newipc: 0x800_0000,
  newuser: 0x1000_0000,
  newpid: 0x2000_0000,
  newnet: 0x4000_0000,
};

export const AT = { fdcwd: -100, recursive: 0x8000, emptyPath: 0x1000, removedir: 0x200 };

/** O_DIRECTORY is another bit on arm (arch/arm64/include/uapi/asm/fcntl.h). */
export const O = {
  wronly: 1,
  creat: 0x40,
  excl: 0x80,
  path: 0x20_0000,
  cloexec: 0x8_0000,
  directory: process.arch === 'arm64' ? 0x4000 : 0x1_0000,
};

export const OPEN_TREE_CLONE = 1;

export const MOVE_MOUNT = { fromEmptyPath: 4, toSymlinks: 0x10 };

export const RESOLVE = { noMagicLinks: 2, inRoot: 0x10 };

export const PR = { setPdeathsig: 1, setDumpable: 4, capbsetDrop: 24 };

export const SIGNAL = { kill: 9, chld: 17, cont: 18, stop: 19 };
