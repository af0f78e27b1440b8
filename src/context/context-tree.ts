import type { Stats } from 'node:fs';
import { type BytePath, fromBytePath, isAscii, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import { type Files, PRESENT } from '../base/files.ts';
import type { IgnoreRules, IgnoreScope } from '../base/ignore.ts';
import { lookAt } from '../snapshot/long-path.ts';
import { byName, entryOf, parentOf, type Tree, type TreeChild, type TreeEntry } from '../snapshot/tree.ts';

/**
 * A directory of the user as a build context: what `.dockerignore` excludes is not there. An excluded directory
 * shows where something in it is included again.
 */
export class ContextTree implements Tree {
  /** The context's root on this machine. */
  readonly directory: BytePath;
  readonly #files: Files;
  readonly #hasRules: boolean;
  /** Of directories: what their paths came to is the beginning of every path in them. */
  readonly #scopes: Map<BytePath, IgnoreScope>;

  constructor(directory: string, rules: IgnoreRules, files: Files = PRESENT) {
    this.directory = toBytePath(directory);
    this.#files = files;
    this.#hasRules = rules.patterns.length > 0;
    this.#scopes = new Map([['', rules.root]]);
  }

  lookup(path: BytePath): TreeEntry | undefined {
    const host = joinBytePath(this.directory, path);
    const stats = this.#stats(host);
    if (stats === undefined) return undefined;
    return path === '' || this.#shows(path, stats.isDirectory()) ? entryOf(stats, this.#files.place(host)) : undefined;
  }

  children(path: BytePath): readonly TreeChild[] {
    const children: TreeChild[] = [];
    const directory = joinBytePath(this.directory, path);
    const scope = this.#hasRules ? this.#directoryScope(path) : undefined;
    for (const { name, isDirectory } of lookAt(path, () => this.#files.names(directory))) {
      if (scope !== undefined && !this.#showsChild(path, scope, name, isDirectory)) continue;
      const host = joinBytePath(directory, name);
      const stats = lookAt(joinBytePath(path, name), () => this.#files.lstat(host));
      if (stats !== undefined) children.push({ name, entry: entryOf(stats, this.#files.place(host)) });
    }
    return children.sort(byName);
  }

  readlink(path: BytePath): BytePath {
    return this.#files.readlink(joinBytePath(this.directory, path));
  }

  /** Whether a path exists on disk and only the ignore file hides it. */
  hides(path: BytePath): boolean {
    const stats = this.#stats(joinBytePath(this.directory, path));
    return stats !== undefined && !this.#shows(path, stats.isDirectory());
  }

  /**
   * The paths below a directory, relative to it, that a pattern with wildcards may mean, hidden ones included; the
   * caller matches them by the exact rules. Nothing is followed: links are answers, not ways. Undefined where a name
   * is not UTF-8, which fast-glob cannot say, and for files as they were.
   */
  async candidates(directory: BytePath, pattern: BytePath): Promise<BytePath[] | undefined> {
    if (this.#files !== PRESENT) return undefined;
    const { default: glob } = await import('fast-glob');
    const cwd = joinBytePath(this.directory, directory);
    const found = await glob(globOf(pattern), {
      cwd: fromBytePath(cwd),
      dot: true,
      onlyFiles: false,
      followSymbolicLinks: false,
      extglob: false,
      braceExpansion: false,
    });
    if ([fromBytePath(cwd), ...found].some((path) => path.includes('\ufffd'))) return undefined;
    return found.map(toBytePath).sort();
  }

  #shows(path: BytePath, isDirectory: boolean): boolean {
    const parent = parentOf(path);
    return this.#showsChild(parent, this.#directoryScope(parent), nameOf(path), isDirectory);
  }

  /** @param scope the directory's */
  #showsChild(directory: BytePath, scope: IgnoreScope, name: BytePath, isDirectory: boolean): boolean {
    const path = joinBytePath(directory, name);
    const child = isDirectory ? this.#directoryScope(path) : scope.child(name);
    return !child.ignored || (isDirectory && !child.prunable && this.#hasIncluded(path, child));
  }

  #directoryScope(path: BytePath): IgnoreScope {
    const known = this.#scopes.get(path);
    if (known !== undefined) return known;
    const scope = this.#directoryScope(parentOf(path)).child(nameOf(path));
    this.#scopes.set(path, scope);
    return scope;
  }

  #hasIncluded(directory: BytePath, scope: IgnoreScope): boolean {
    return this.#files
      .names(joinBytePath(this.directory, directory))
      .some(({ name, isDirectory }) => this.#showsChild(directory, scope, name, isDirectory));
  }

  /** Nothing where a name on the way is no directory, or is longer than any file's. */
  #stats(host: BytePath): Stats | undefined {
    try {
      return this.#files.lstat(host);
    } catch (error) {
      if (isErrno(error, 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
      throw error;
    }
  }
}

/**
 * A pattern for fast-glob that finds at least what Go's pattern matches: names with a wildcard become `*`, which
 * leaves the two dialects no room to differ.
 */
function globOf(pattern: BytePath): string {
  return pattern
    .split('/')
    .map((name) => (/[*?[\\]/.test(name) || !isAscii(name) ? '*' : name.replace(/[(){}!|+@]/g, '\\$&')))
    .join('/');
}

function nameOf(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1);
}
