import { type FSWatcher, watch } from 'node:fs';
import { type BytePath, fromBytePath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { walkTree } from '../snapshot/tree.ts';
import type { ContextTree } from './context-tree.ts';

export interface WatchOptions {
  /** Directories to watch, each as its ignore file leaves it. */
  trees: readonly ContextTree[];
  /** Files that count in any case: absolute paths. */
  files: readonly string[];
  /** Told that something may have changed, with its path. */
  changed: (path: string) => void;
}

/**
 * Waits for changes with one inotify watch for each directory that is not ignored: what Node watches recursively it
 * walks itself, ignored files and all. NO_SPACE where the system has no more watches.
 */
export class DirectoryWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  #options: WatchOptions;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.update(options);
  }

  /** How many directories are watched. */
  get size(): number {
    return this.#watchers.size;
  }

  /** Watches what is there now: directories that have come, and none that has gone. */
  update(options: WatchOptions): void {
    this.#options = options;
    const wanted = new Set(options.trees.flatMap(directoriesOf));
    for (const file of options.files) wanted.add(file.slice(0, Math.max(file.lastIndexOf('/'), 1)));
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, (_, name) => this.#onEvent(directory, name));
      // A directory that goes away ends its watch; its parent tells of that.
      watcher.on('error', () => watcher.close());
      this.#watchers.set(directory, watcher);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return;
      if (!isErrno(error, 'ENOSPC', 'EMFILE')) throw error;
      throw new TsbuildError(
        'NO_SPACE',
        `the system has no more watches for files (${this.#watchers.size} are in use here)`,
        {
          cause: error,
          hint: 'allow more with `sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024`, or exclude directories in the ignore file',
        },
      );
    }
  }

  #onEvent(directory: string, name: string | null): void {
    const path = name === null ? directory : `${directory}/${name}`;
    if (name === null || this.#options.files.includes(path) || this.#options.trees.some((tree) => shows(tree, path))) {
      this.#options.changed(path);
    }
  }
}

function directoriesOf(tree: ContextTree): string[] {
  const found: BytePath[] = [tree.directory];
  try {
    walkTree(tree, '', (path, { type }) => {
      if (type === 'directory') found.push(joinBytePath(tree.directory, path));
    });
  } catch (error) {
    // A directory may go away while it is walked: the event of that comes.
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
  }
  return found.map(fromBytePath);
}

/** Whether a path is in a tree and not ignored; what is gone counts as it would if it were there. */
function shows(tree: ContextTree, path: string): boolean {
  const below = toBytePath(path);
  if (!below.startsWith(`${tree.directory}/`)) return false;
  return !tree.hides(below.slice(tree.directory.length + 1));
}
