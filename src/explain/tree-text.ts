import { type BytePath, fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { hasGlob } from '../base/gomatch.ts';

/** One thing that a COPY reads, as the text of its content digest has it (`contentDigest` in context). */
export interface CopiedEntry {
  /** For people: below the context's root where that is known, else below the source. */
  path: string;
  type: string;
  mode: number;
  owner: string;
  /** The sha256 of a file, the target of a link. */
  content: string;
  xattrs: string;
}

/** Two trees of the same patterns without the entries that both have: of many files few change. */
export function differingEntries(now: unknown, before: unknown): [now: unknown, before: unknown] {
  if (typeof now !== 'string' || typeof before !== 'string') return [now, before];
  const kinds = now.slice(0, now.indexOf('\n') + 1);
  if (!before.startsWith(kinds)) return [now, before];
  const [lines, linesBefore] = differingLines(now, before);
  const without = (entries: readonly string[], others: ReadonlySet<string>) =>
    kinds + entries.filter((entry) => !others.has(entry)).join('\n');
  return [without(lines, new Set(linesBefore)), without(linesBefore, new Set(lines))];
}

/** What lies between the lines that both texts begin with and those that both end with. */
function differingLines(now: string, before: string): [now: string[], before: string[]] {
  const shorter = Math.min(now.length, before.length);
  let start = 0;
  while (start < shorter && now.charCodeAt(start) === before.charCodeAt(start)) start++;
  start = now.lastIndexOf('\n', start - 1) + 1;
  let end = 0;
  while (end < shorter - start && now.charCodeAt(now.length - 1 - end) === before.charCodeAt(before.length - 1 - end)) {
    end++;
  }
  const linesOf = (text: string) => {
    const stop = text.indexOf('\n', text.length - end);
    return text.slice(start, stop < 0 ? text.length : stop).split('\n');
  };
  return [linesOf(now), linesOf(before)];
}

/** The entries of a tree's text by path. Undefined where it is none. */
export function parseTreeText(text: unknown, patterns: readonly BytePath[]): Map<string, CopiedEntry> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const [kinds, ...lines] = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    const places = placesOf(kinds as boolean[], patterns);
    const entries = (lines as EntryLine[]).map((line) => entryOf(line, places));
    return new Map(entries.map((entry) => [entry.path, entry]));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

type EntryLine = [
  source: number,
  name: BytePath,
  type: string,
  mode: number,
  uid: number,
  gid: number,
  content: string | number,
  ...xattrs: [string, string][],
];

function entryOf([source, name, type, mode, uid, gid, content, ...xattrs]: EntryLine, places: BytePath[]): CopiedEntry {
  const path = joinBytePath(places[source] ?? '', name);
  return {
    path: fromBytePath(path),
    type,
    mode,
    owner: `${uid}:${gid}`,
    content: String(content),
    xattrs: JSON.stringify(xattrs),
  };
}

/** Where each source lies: a source that is a directory is what its pattern says, a file lies beside its name. */
function placesOf(kinds: readonly boolean[], patterns: readonly BytePath[]): BytePath[] {
  const isExact = kinds.length === patterns.length && !patterns.some(hasGlob);
  return kinds.map((isDirectory, index) => {
    const pattern = clean((isExact || patterns.length === 1 ? patterns[isExact ? index : 0] : undefined) ?? '');
    if (isDirectory) return isExact ? pattern : '';
    const directory = pattern.slice(0, Math.max(0, pattern.lastIndexOf('/')));
    return hasGlob(directory) ? '' : directory;
  });
}

function clean(pattern: BytePath): BytePath {
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.');
  return names.join('/');
}
