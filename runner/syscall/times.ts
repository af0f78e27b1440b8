import type { BytePath } from '../../src/base/bytepath.ts';
import { callForEach, type Outcome } from './batch.ts';
import { SYS } from './numbers.ts';

export interface TimesItem {
  path: BytePath;
  /** Seconds since the epoch; negative before it. */
  mtimeSec: number;
  /** 0–999999999. */
  mtimeNsec: number;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Sets the time of modification and of access, of a symbolic link itself and not of what it points to. */
export function setTimes(items: readonly TimesItem[]): Promise<Outcome[]> {
  return callForEach(
    items,
    (item) => item.path.length + 32,
    (program, item, store) => {
      const time = [item.mtimeSec, item.mtimeNsec];
      const times = program.words([...time, ...time]);
      program.call(SYS.utimensat, [AT_FDCWD, program.string(item.path), times, AT_SYMLINK_NOFOLLOW], {
        store,
        failed: 'next',
      });
    },
  );
}
