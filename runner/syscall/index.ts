/**
 * Files as the kernel knows them and Node does not: device nodes, extended attributes, exact times, locks.
 * A batch of calls is one process (about 3 ms), however many items it has. Paths are absolute byte paths.
 */
export { dataExtents } from './extents.ts';
export { configureLauncher } from './launcher.ts';
export { type LockMode, lock, lockAll } from './locks.ts';
export { makeNodes } from './nodes.ts';
export { setTimes } from './times.ts';
export { readXattrs, writeXattrs, type Xattrs } from './xattrs.ts';
