import { type BytePath, fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { hasGlob, matchGlob } from '../base/gomatch.ts';
import { type IgnoreRules, ignoreRules } from '../base/ignore.ts';
import { suggest } from '../base/suggest.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import { splitPath, type Tree, type TreeEntry } from '../snapshot/tree.ts';

/** One source of a COPY: a file, or a directory whose content is meant. */
export interface Selected {
  /** Without links in it, relative to the tree's root. */
  path: BytePath;
  /** The last name as the pattern found it: what a file is called at the destination. */
  name: BytePath;
  entry: TreeEntry;
  /** `--parents`: what of the directory is meant, by the rules of ignore files. */
  include?: IgnoreRules | undefined;
}

/**
 * What narrows a search with wildcards: the paths below a directory that may match, relative to it, where a tree can
 * tell faster than by walking.
 */
type Candidates = (directory: BytePath, pattern: BytePath) => Promise<readonly BytePath[] | undefined>;

export interface SelectOptions {
  candidates?: Candidates | undefined;
  /** Whether something that is not in the tree exists and is hidden, for the error. */
  hides?: ((path: BytePath) => boolean) | undefined;
  /** What the tree is called in errors, e.g. `the build context`. */
  treeName: string;
  /** `--parents`: a source is a directory (before the first `/./`) and a pattern for the paths below it. */
  parents?: boolean | undefined;
}

/**
 * Finds the sources that one argument of COPY or ADD names. Paths are clamped to the tree's root; a source that is a
 * link is followed inside the tree. Wildcards follow Go's filepath.Match: `*` does not match `/`, and a wildcard
 * that matches nothing is no error, as with BuildKit; a plain path that is not there is one.
 */
export async function selectSources(tree: Tree, pattern: BytePath, options: SelectOptions): Promise<Selected[]> {
  // A stage from scratch without a step has no files, not even a root.
  if (clamp(pattern) === '' && tree.lookup('') === undefined) return [];
  return options.parents === true ? selectBelow(tree, pattern, options) : selectPaths(tree, pattern, options);
}

const PIVOT = '/./';

/**
 * The directories before the pivot, with the pattern behind it: `**` is any number of levels, links are not followed.
 * As with BuildKit, a pattern without wildcards must match.
 */
async function selectBelow(tree: Tree, pattern: BytePath, options: SelectOptions): Promise<Selected[]> {
  const pivot = pattern.indexOf(PIVOT);
  const below = clamp(pivot < 0 ? pattern : pattern.slice(pivot + PIVOT.length));
  const directories = await selectPaths(tree, pivot < 0 ? '' : pattern.slice(0, pivot), options);
  return directories.map((directory) => {
    if (directory.entry.type !== 'directory') throw notADirectory(directory.path, options);
    const path = joinBytePath(directory.path, below);
    if (!hasGlob(below) && tree.lookup(path) === undefined) throw notFound(tree, path, path, options);
    return { ...directory, include: ignoreRules([below === '' ? '**' : below]) };
  });
}

function notADirectory(path: BytePath, { treeName }: SelectOptions): TsbuildError {
  const message = `"/${fromBytePath(path)}" in ${treeName} is no directory`;
  return new TsbuildError('INVALID', message, { hint: 'with --parents, what stands before /./ is a directory' });
}

async function selectPaths(tree: Tree, pattern: BytePath, options: SelectOptions): Promise<Selected[]> {
  const clean = clamp(pattern);
  if (!hasGlob(clean)) return [selectOne(tree, clean, options)];
  const { start, rest } = splitGlob(tree, clean);
  matchGlob(rest, '');
  if (start === undefined) return [];
  const paths = (await options.candidates?.(start, rest)) ?? walkCandidates(tree, start, rest);
  return paths
    .filter((path) => matchGlob(rest, path))
    .map((path) => joinBytePath(start, path))
    .filter((path) => tree.lookup(path) !== undefined)
    .map((path) => selectOne(tree, path, options));
}

/**
 * The directory that the names before the first wildcard lead to, links followed, and the pattern below it. Links
 * behind a wildcard are not followed on the way.
 */
function splitGlob(tree: Tree, pattern: BytePath): { start: BytePath | undefined; rest: BytePath } {
  const names = pattern.split('/');
  const fixed = names.findIndex(hasGlob);
  const { path, entry } = resolvePath(tree, names.slice(0, fixed).join('/'), { followLast: true });
  return { start: entry?.type === 'directory' ? path : undefined, rest: names.slice(fixed).join('/') };
}

function selectOne(tree: Tree, path: BytePath, options: SelectOptions): Selected {
  const resolved = resolvePath(tree, path, { followLast: true });
  if (resolved.entry === undefined) throw notFound(tree, path, resolved.path, options);
  return { path: resolved.path, name: path.slice(path.lastIndexOf('/') + 1), entry: resolved.entry };
}

function notFound(tree: Tree, path: BytePath, resolved: BytePath, options: SelectOptions): TsbuildError {
  const shown = fromBytePath(path);
  const hidden = options.hides?.(resolved) === true;
  return new TsbuildError('NOT_FOUND', `"/${shown}" not found in ${options.treeName}`, {
    hint: hidden
      ? `the file exists and is excluded by the ignore file; add a line "!${shown}"`
      : hintFor(tree, resolved, options),
  });
}

/** What lies where the path still leads: a name like the missing one, or which directory is missing. */
function hintFor(tree: Tree, path: BytePath, { treeName }: SelectOptions): string {
  const slash = path.lastIndexOf('/');
  const parent = path.slice(0, Math.max(slash, 0));
  if (tree.lookup(parent)?.type !== 'directory')
    return `there is no directory "/${fromBytePath(parent)}" in ${treeName}`;
  const near = suggest(
    fromBytePath(path.slice(slash + 1)),
    tree.children(parent).map(({ name }) => fromBytePath(name)),
  );
  if (near !== undefined) return `did you mean ${near}?`;
  return `sources are paths below the root of ${treeName}`;
}

/** Resolves `.` and `..` as text; what would leave the root stops there. */
function clamp(path: BytePath): BytePath {
  const names: BytePath[] = [];
  for (const name of splitPath(path)) {
    if (name === '..') names.pop();
    else names.push(name);
  }
  return names.join('/');
}

/** Walks no deeper than the pattern. */
function walkCandidates(tree: Tree, start: BytePath, pattern: BytePath): BytePath[] {
  const names = pattern.split('/');
  const found: BytePath[] = [];
  const visit = (directory: BytePath, depth: number) => {
    for (const { name, entry } of tree.children(joinBytePath(start, directory))) {
      const path = joinBytePath(directory, name);
      if (depth === names.length - 1) found.push(path);
      else if (entry.type === 'directory' && matchGlob(names[depth] as BytePath, name)) visit(path, depth + 1);
    }
  };
  visit('', 0);
  return found;
}
