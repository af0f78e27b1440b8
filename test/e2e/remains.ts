import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { isErrno } from '../../src/base/error.ts';
import type { Workplace } from '../support/workplace.ts';

/** The kernel takes down a process namespace in steps; this is long enough on a busy machine. */
const PATIENCE_MS = 5000;

/**
 * Asserts that no process of the machine has `marker` on its command line or stands in the place, and that nothing of
 * the place is mounted anywhere.
 */
export async function assertNothingLeft(place: Workplace, marker: string): Promise<void> {
  let left: string[] = [];
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    left = remains(place, marker);
    if (left.length === 0) return;
  }
  assert.unreachable(`left behind:\n${left.join('\n')}`);
}

function remains(place: Workplace, marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const [command, mounts] = [read(pid, 'cmdline').replaceAll('\0', ' '), read(pid, 'mountinfo')];
      const stands = [link(pid, 'cwd'), link(pid, 'root')].some((path) => path.startsWith(place.directory));
      const mounted = mounts.split('\n').filter((line) => line.includes(place.directory));
      if (command.includes(marker) || stands) return [`process ${pid}: ${command}`];
      return mounted.map((line) => `mount of ${pid} (${command}): ${line}`);
    });
}

function read(pid: string, file: string): string {
  return orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
}

function link(pid: string, file: string): string {
  return orNothing(() => readlinkSync(`/proc/${pid}/${file}`));
}

/** Processes end while one looks at them, and a user sees only their own. */
function orNothing(look: () => string): string {
  try {
    return look();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL')) throw error;
    return '';
  }
}

/** What processes have not committed: one directory and one lock file each. */
export function sessionsOf(place: Workplace): string[] {
  return names(join(place.root, 'v1/tmp'));
}

export function snapshotsOf(place: Workplace): string[] {
  return names(join(place.root, 'v1/s'));
}

function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
