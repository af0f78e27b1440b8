import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isErrno } from '../../src/base/error.ts';

/** A range of ids that a user may map into a user namespace. */
export interface IdRange {
  start: number;
  count: number;
}

/** The ranges of a file in the format of subuid(5) that are given to this user, by name or by number. */
export function subordinateRanges(file: '/etc/subuid' | '/etc/subgid', uid: number): IdRange[] {
  return parseRanges(readIfThere(file), [String(uid), ...nameOf(uid)]);
}

export function parseRanges(text: string, owners: readonly string[]): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [owner, start, count] = line.trim().split(':');
    const range = { start: Number(start), count: Number(count) };
    const isWhole = Number.isSafeInteger(range.start) && Number.isSafeInteger(range.count) && range.count > 0;
    return owner !== undefined && owners.includes(owner) && isWhole ? [range] : [];
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES')) throw error;
    return '';
  }
}

/** Nothing for a user without an entry in the user database, as in containers that run under a number. */
function nameOf(uid: number): string[] {
  try {
    const { username, uid: own } = userInfo();
    return own === uid ? [username] : [];
  } catch (error) {
    // Node reports the failed look-up as a SystemError, whose code is not an errno.
    if (isErrno(error, 'ERR_SYSTEM_ERROR')) return [];
    throw error;
  }
}
