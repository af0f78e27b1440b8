/**
 * Files as the kernel knows them and Node does not: device nodes, extended attributes, exact times, locks.
 * A batch of calls is one process (about 3 ms), however many items it has. Paths are absolute byte paths.
 */
export type { Outcome } from './batch.ts';
export { configureLauncher } from './launcher.ts';
export { type LockItem, type LockMode, lock, lockAll } from './locks.ts';
export { makeNodes, type NodeItem } from './nodes.ts';
export { setTimes, type TimesItem } from './times.ts';
export { readXattrs, writeXattrs, type XattrItem, type Xattrs } from './xattrs.ts';
