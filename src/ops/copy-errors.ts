import { lstatSync } from 'node:fs';
import { type BytePath, fromBytePath, fsPath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { sameFile } from '../snapshot/file-copy.ts';
import { pathTooLong } from '../snapshot/long-path.ts';
import type { TreeEntry } from '../snapshot/tree.ts';

/** What the system says of one file, as the error that says what to do. */
export function asCopyError(error: unknown, from: BytePath, target: BytePath): unknown {
  const isChange = isErrno(error, 'ENOENT') || (error instanceof TsbuildError && error.code === 'CHANGED');
  if (isChange) return changed(from);
  return isErrno(error, 'ENAMETOOLONG') ? pathTooLong(target, error) : error;
}

/** The digest was taken of what the file was; the layer must hold the same. */
export function assertUnchanged(path: BytePath, before: TreeEntry): void {
  const after = lstatSync(fsPath(before.hostPath), { throwIfNoEntry: false });
  if (after !== undefined && (before.type === 'directory' || sameFile(before, after))) return;
  throw changed(path);
}

function changed(path: BytePath): TsbuildError {
  return new TsbuildError('CHANGED', `${fromBytePath(path)} changed while it was being copied`, {
    hint: 'run the build again when nothing writes into the build context',
  });
}
