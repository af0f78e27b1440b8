import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/error.ts';
import type { Store } from '../store/open.ts';
import { diskUsage, namesIn } from './disk-usage.ts';

/** What `RUN --mount=type=cache` keeps between builds: `<root>/v1/mounts/<hash>`. */
export interface CacheMount {
  path: string;
  /** As the build file says it; `?` where what it was is not to be read any more. */
  id: string;
  /** Milliseconds since the epoch. */
  usedAt: number;
  /** Bytes on the disk, of all copies. */
  size: number;
}

export function cacheMounts({ layout }: Store): CacheMount[] {
  const directory = join(layout.base, 'mounts');
  return namesIn(directory).map((name) => {
    const path = join(directory, name);
    const meta = join(path, 'meta.json');
    const usedAt = statSync(meta, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return { path, id: idIn(meta), usedAt, size: diskUsage(path) };
  });
}

function idIn(meta: string): string {
  try {
    const { id } = JSON.parse(readFileSync(meta, 'utf8')) as { id?: unknown };
    return typeof id === 'string' ? id : '?';
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return '?';
    throw error;
  }
}
