import { type BytePath, joinBytePath } from '../base/bytepath.ts';
import type { IgnoreRules, IgnoreScope } from '../base/ignore.ts';
import type { EntryType, Tree, TreeEntry } from '../snapshot/tree.ts';
import type { Selected } from './select.ts';
import { SelectionItems } from './selection-items.ts';

export interface ContentsOptions {
  /** Paths below a source that is a directory: a source that is a file is never excluded, as with the reference. */
  exclude?: IgnoreRules | undefined;
  /** What is passed over. */
  skip?: EntryType | undefined;
}

/** Everything that a COPY reads, in the order in which it is copied: a directory before what is in it. */
export function itemsOf(
  tree: Tree,
  sources: readonly Selected[],
  { exclude, skip }: ContentsOptions = {},
): SelectionItems {
  const items = new SelectionItems();
  sources.forEach((source, number) => {
    const add: Add = (directory, name, entry, onTheWay) => {
      if (entry.type !== skip) items.add({ source: number, directory, name, entry, onTheWay });
    };
    if (source.entry.type !== 'directory') add('', '', source.entry);
    else if (source.include === undefined && exclude === undefined) addAll(tree, source.path, '', add);
    else new FilteredWalk(tree, source.path, add).visit('', source.include?.root, exclude?.root);
  });
  return items;
}

/** `directory` is relative to the source. */
type Add = (directory: BytePath, name: BytePath, entry: TreeEntry, onTheWay?: true) => void;

function addAll(tree: Tree, root: BytePath, directory: BytePath, add: Add): void {
  for (const { name, entry } of tree.children(joinBytePath(root, directory))) {
    add(directory, name, entry);
    if (entry.type === 'directory') addAll(tree, root, joinBytePath(directory, name), add);
  }
}

/** Walks what patterns include and do not exclude, and looks into no directory below which nothing can be. */
class FilteredWalk {
  readonly #tree: Tree;
  readonly #root: BytePath;
  readonly #add: Add;
  /** The directories that lead to where the walk is and have not been found yet. */
  #pending: { directory: BytePath; name: BytePath; entry: TreeEntry }[] = [];

  constructor(tree: Tree, root: BytePath, add: Add) {
    this.#tree = tree;
    this.#root = root;
    this.#add = add;
  }

  visit(directory: BytePath, include: IgnoreScope | undefined, exclude: IgnoreScope | undefined): void {
    for (const { name, entry } of this.#tree.children(joinBytePath(this.#root, directory))) {
      const inner = { include: include?.child(name), exclude: exclude?.child(name) };
      const isMeant = (inner.include?.ignored ?? true) && !(inner.exclude?.ignored ?? false);
      if (isMeant) {
        for (const waiting of this.#pending.splice(0)) this.#add(waiting.directory, waiting.name, waiting.entry, true);
        this.#add(directory, name, entry);
      }
      if (entry.type !== 'directory' || !mayHold(inner.include, inner.exclude)) continue;
      const waiting = { directory, name, entry };
      if (!isMeant) this.#pending.push(waiting);
      this.visit(joinBytePath(directory, name), inner.include, inner.exclude);
      if (this.#pending.at(-1) === waiting) this.#pending.pop();
    }
  }
}

function mayHold(include: IgnoreScope | undefined, exclude: IgnoreScope | undefined): boolean {
  if (exclude?.prunable === true) return false;
  return include === undefined || include.ignored || include.open;
}
