import type { LockedImages } from '../build/lock.ts';
import { flag, value } from './option-kinds.ts';

export interface LockOption {
  locked?: boolean | undefined;
  lockFile?: string | undefined;
}

/** `--locked` of a command that takes base images. */
export const LOCK_OPTIONS = {
  locked: flag('Take images as the lock file says; one that it lacks is an error'),
  'lock-file': value('Lock file [./tsbuild.lock]'),
} as const;

export function lockPath({ lockFile = 'tsbuild.lock' }: LockOption): string {
  return lockFile;
}

/** What `--locked` asks for; undefined without. */
export async function lockedImages(argv: LockOption): Promise<LockedImages | undefined> {
  if (!argv.locked) return undefined;
  const { readLock } = await import('../build/lock.ts');
  return readLock(lockPath(argv));
}
