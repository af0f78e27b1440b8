import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../../base/bytepath.ts';
import { TsbuildError } from '../../base/error.ts';
import { type ResolvedPath, resolvePath } from '../../snapshot/resolve.ts';
import type { Tree, TreeEntry } from '../../snapshot/tree.ts';

/** Longest database that is read: those of whole distributions have some tens of megabytes. */
const MAX_FILE = 256 * 1024 * 1024;

/** The files of a root, read as a stranger's: links lead nowhere but inside, and nothing is waited for. */
export class RootFiles {
  readonly tree: Tree;
  readonly #onUnread: (sentence: string) => void;

  constructor(tree: Tree, onUnread: (sentence: string) => void) {
    this.tree = tree;
    this.#onUnread = onUnread;
  }

  /** Undefined where there is no such file. What is too large is told, and is undefined as well. */
  bytes(path: BytePath): Buffer | undefined {
    const entry = this.#find(path)?.entry;
    return entry === undefined ? undefined : this.bytesOf(path, entry);
  }

  bytesOf(path: BytePath, entry: TreeEntry): Buffer | undefined {
    if (entry.type !== 'file') return undefined;
    const fd = openSync(fsPath(entry.hostPath), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (fstatSync(fd).size <= MAX_FILE) return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
    this.unread(`/${fromBytePath(path)} is larger than ${MAX_FILE} bytes`);
    return undefined;
  }

  text(path: BytePath): string | undefined {
    return this.bytes(path)?.toString('utf8');
  }

  /** The files right in a directory, in the order of their names. */
  filesIn(directory: BytePath): [path: BytePath, entry: TreeEntry][] {
    const { path = '', entry } = this.#find(directory) ?? {};
    if (entry?.type !== 'directory') return [];
    return this.tree
      .children(path)
      .filter((child) => child.entry.type === 'file')
      .map((child) => [joinBytePath(path, child.name), child.entry]);
  }

  /** Links that lead in a circle lead to nothing. */
  #find(path: BytePath): ResolvedPath | undefined {
    try {
      return resolvePath(this.tree, path, { followLast: true });
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      this.unread(error.message);
      return undefined;
    }
  }

  unread(sentence: string): void {
    this.#onUnread(sentence);
  }
}
