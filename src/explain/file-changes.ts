import type { CopiedEntry } from './tree-text.ts';
import type { Change } from './types.ts';

/** What is known of why a path is in a context or not. */
export interface IgnoreReasons {
  /** The rule that hides a path that is there. */
  hiddenNow(path: string): string | undefined;
  /** The rule that hid it in the earlier build. */
  hiddenBefore(path: string): string | undefined;
}

type Entries = ReadonlyMap<string, CopiedEntry>;

/** What changed between two selections of files: files first, directories where they alone changed. */
export function fileChanges(now: Entries, before: Entries, ignore: IgnoreReasons): Change[] {
  const added = [...now.values()].filter(({ path }) => !before.has(path));
  const removed = [...before.values()].filter(({ path }) => !now.has(path));
  const renamed = renames(added, removed);
  const moved = new Set([...renamed].flat());
  const changed = [...now.values()].flatMap((entry) => entryChange(entry, before.get(entry.path)) ?? []);
  const changes = [
    ...changed,
    ...[...renamed].map(([from, to]) => fileChange(to, `${pathOf(from)} was renamed to ${pathOf(to)}`)),
    ...added.filter((entry) => !moved.has(entry)).map((entry) => additionOf(entry, ignore)),
    ...removed.filter((entry) => !moved.has(entry)).map((entry) => removalOf(entry, ignore)),
  ];
  const above = new Set(changes.flatMap(({ subject = '' }) => directoriesAbove(subject)));
  const deepest = changes.filter(({ subject = '' }) => !above.has(subject));
  if (deepest.length > 0) return deepest;
  return [{ kind: 'file', text: 'the order of what it copies changed' }];
}

function directoriesAbove(path: string): string[] {
  if (path === '') return [];
  const names = path.split('/');
  return names.map((_, depth) => names.slice(0, depth).join('/'));
}

/** A removed and an added entry with the same content are one that was renamed, where there is one of each. */
function renames(added: readonly CopiedEntry[], removed: readonly CopiedEntry[]): [CopiedEntry, CopiedEntry][] {
  const identity = ({ type, mode, content }: CopiedEntry) => `${type} ${mode} ${content}`;
  const isFile = ({ type }: CopiedEntry) => type === 'file' || type === 'symlink';
  const sources = groupBy(removed, identity);
  const targets = groupBy(added, identity);
  return removed.filter(isFile).flatMap((entry): [CopiedEntry, CopiedEntry][] => {
    const key = identity(entry);
    const [to, ...others] = targets.get(key) ?? [];
    return to !== undefined && others.length === 0 && sources.get(key)?.length === 1 ? [[entry, to]] : [];
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function entryChange(now: CopiedEntry, before: CopiedEntry | undefined): Change | undefined {
  if (before === undefined) return undefined;
  const what = differences(now, before);
  return what.length === 0 ? undefined : fileChange(now, `${pathOf(now)} ${what.join(' and ')}`);
}

function differences(now: CopiedEntry, before: CopiedEntry): string[] {
  if (now.type !== before.type) return [`is now a ${typeName(now)}, was a ${typeName(before)}`];
  const what: string[] = [];
  if (now.content !== before.content) {
    what.push(now.type === 'symlink' ? `leads to ${now.content}, was ${before.content}` : 'has other content');
  }
  if (now.mode !== before.mode) what.push(`has mode ${octal(now.mode)}, was ${octal(before.mode)}`);
  if (now.owner !== before.owner) what.push(`belongs to ${now.owner}, was ${before.owner}`);
  if (now.xattrs !== before.xattrs) what.push('has other extended attributes');
  return what;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function typeName({ type }: CopiedEntry): string {
  return type === 'symlink' ? 'symbolic link' : type;
}

function additionOf(entry: CopiedEntry, ignore: IgnoreReasons): Change {
  const rule = ignore.hiddenBefore(entry.path);
  const why = rule === undefined ? 'was added' : `is no longer excluded by the ignore file (it had the rule ${rule})`;
  return fileChange(entry, `${pathOf(entry)} ${why}`);
}

function removalOf(entry: CopiedEntry, ignore: IgnoreReasons): Change {
  const rule = ignore.hiddenNow(entry.path);
  const why = rule === undefined ? 'was removed' : `is now excluded by the ignore file (rule ${rule})`;
  return fileChange(entry, `${pathOf(entry)} ${why}`);
}

function fileChange(entry: CopiedEntry, text: string): Change {
  return { kind: 'file', subject: entry.path, text };
}

function pathOf({ path }: CopiedEntry): string {
  return path === '' ? 'the directory' : path;
}
