import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { filesBelow } from './copy.ts';
import type { Change } from './types.ts';

/** Does a change to the copy of a project; what is returned takes it back. */
export function applyChange(change: Change, directory: string, number: number): () => void {
  if (change.kind === 'touch') {
    const now = new Date();
    for (const path of filesBelow(directory)) utimesSync(path, now, now);
  }
  if (change.kind !== 'append' && change.kind !== 'write' && change.kind !== 'remove') return () => undefined;
  const path = join(directory, change.file);
  const before = statSync(path, { throwIfNoEntry: false });
  const content = before === undefined ? undefined : readFileSync(path);
  if (change.kind !== 'write' && content === undefined) {
    throw new TsbuildError('NOT_FOUND', `the project has no file ${change.file}`);
  }
  if (change.kind === 'remove') rmSync(path);
  else if (change.kind === 'write') writeFileSync(path, numbered(change.text, number));
  else writeFileSync(path, Buffer.concat([content as Buffer, Buffer.from(numbered(change.text, number))]));
  return () => {
    if (content === undefined || before === undefined) rmSync(path, { force: true });
    else {
      writeFileSync(path, content, { mode: before.mode });
      utimesSync(path, before.atime, before.mtime);
    }
  };
}

/** `{n}` is the number, `{blank}` as many blank lines. */
export function numbered(text: string, number: number): string {
  return text.replaceAll('{n}', String(number)).replaceAll('{blank}', '\n'.repeat(number));
}
