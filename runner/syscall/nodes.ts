import { constants } from 'node:fs';
import type { BytePath } from '../../src/base/bytepath.ts';
import { callForEach, type Outcome } from './batch.ts';
import { SYS } from './numbers.ts';

export interface NodeItem {
  path: BytePath;
  type: 'char' | 'block' | 'fifo';
  /** Permission bits, set-id bits and the sticky bit; the umask does not apply. */
  mode: number;
  /** 0 for a fifo. */
  major: number;
  minor: number;
}

const AT_FDCWD = -100;
const TYPE_BITS = { char: constants.S_IFCHR, block: constants.S_IFBLK, fifo: constants.S_IFIFO };

/** Makes device nodes and fifos (mknod). */
export function makeNodes(items: readonly NodeItem[]): Promise<Outcome[]> {
  return callForEach(
    items,
    (item) => item.path.length,
    (program, item, store) => {
      const mode = TYPE_BITS[item.type] | (item.mode & 0o7777);
      const device = item.type === 'fifo' ? 0n : deviceNumber(item.major, item.minor);
      program.call(SYS.mknodat, [AT_FDCWD, program.string(item.path), mode, device], { store, failed: 'next' });
    },
  );
}

/** The kernel's encoding of a device number (new_encode_dev: 12 bits of major, 20 bits of minor). */
function deviceNumber(major: number, minor: number): bigint {
  return BigInt((minor & 0xff) | ((major & 0xfff) << 8)) | (BigInt(minor & 0xfff00) << 12n);
}
