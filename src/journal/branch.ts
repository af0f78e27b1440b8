import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from '../base/error.ts';

const BRANCH = /^ref: refs\/heads\/(.+)$/;

/** The git branch that a directory is on; undefined where there is none, or in a work tree that git keeps elsewhere. */
export function branchOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const head = readHead(at);
    if (head !== undefined) return BRANCH.exec(head.trim())?.[1];
    if (at === dirname(at)) return undefined;
  }
}

function readHead(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, '.git', 'HEAD'), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}
