import { type BytePath, joinBytePath } from '../base/bytepath.ts';
import type { IgnoreRules, IgnoreScope } from '../base/ignore.ts';
import { type Tree, type TreeEntry, walkTree } from '../snapshot/tree.ts';
import type { Selected } from './select.ts';

/** One thing that a source brings. */
export interface Content {
  /** Relative to the source; '' for a source that is a file. */
  path: BytePath;
  entry: TreeEntry;
  /** A directory that no pattern means, and that is made because something in it is meant. */
  onTheWay?: true | undefined;
}

/**
 * Everything that a source brings, a directory before what is in it. `exclude` are paths below a source that is a
 * directory: a source that is a file is never excluded, as with the reference.
 */
export function contentsOf(tree: Tree, source: Selected, exclude: IgnoreRules | undefined): Content[] {
  if (source.entry.type !== 'directory') return [{ path: '', entry: source.entry }];
  if (source.include !== undefined || exclude !== undefined) {
    return new FilteredWalk(tree, source.path).contents(source.include?.root, exclude?.root);
  }
  const found: Content[] = [];
  const start = source.path === '' ? 0 : source.path.length + 1;
  walkTree(tree, source.path, (path, entry) => found.push({ path: path.slice(start), entry }));
  return found;
}

/** Walks what patterns include and do not exclude, and looks into no directory below which nothing can be. */
class FilteredWalk {
  readonly #tree: Tree;
  readonly #root: BytePath;
  readonly #found: Content[] = [];
  /** The directories that lead to where the walk is and have not been found yet. */
  #pending: Content[] = [];

  constructor(tree: Tree, root: BytePath) {
    this.#tree = tree;
    this.#root = root;
  }

  contents(include: IgnoreScope | undefined, exclude: IgnoreScope | undefined): Content[] {
    this.#visit('', include, exclude);
    return this.#found;
  }

  #visit(directory: BytePath, include: IgnoreScope | undefined, exclude: IgnoreScope | undefined): void {
    for (const { name, entry } of this.#tree.children(joinBytePath(this.#root, directory))) {
      const path = joinBytePath(directory, name);
      const inner = { include: include?.child(name), exclude: exclude?.child(name) };
      const isMeant = (inner.include?.ignored ?? true) && !(inner.exclude?.ignored ?? false);
      if (isMeant) {
        this.#found.push(...this.#pending, { path, entry });
        this.#pending = [];
      }
      if (entry.type !== 'directory' || !mayHold(inner.include, inner.exclude)) continue;
      const waiting: Content = { path, entry, onTheWay: true };
      if (!isMeant) this.#pending.push(waiting);
      this.#visit(path, inner.include, inner.exclude);
      if (this.#pending.at(-1) === waiting) this.#pending.pop();
    }
  }
}

function mayHold(include: IgnoreScope | undefined, exclude: IgnoreScope | undefined): boolean {
  if (exclude?.prunable === true) return false;
  return include === undefined || include.ignored || include.open;
}
