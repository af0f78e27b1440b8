import { join, relative } from 'node:path';
import type { Xattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { Files } from '../base/files.ts';
import { type IgnoreRules, ignoreRules } from '../base/ignore.ts';
import { contentDigest } from '../context/content-digest.ts';
import { itemsOf } from '../context/contents.ts';
import { ContextTree } from '../context/context-tree.ts';
import { fileDigests } from '../context/file-digests.ts';
import { type Selected, selectSources } from '../context/select.ts';
import type { SelectionItem, SelectionItems } from '../context/selection-items.ts';
import { isRacy, StatCache } from '../context/stat-cache.ts';
import { readCarriedXattrs } from '../snapshot/carried-xattrs.ts';
import type { TreeEntry } from '../snapshot/tree.ts';

/** What a COPY asks for. */
export interface SelectionRequest {
  patterns: readonly BytePath[];
  /** `--parents`. */
  parents?: boolean | undefined;
  /** `--exclude`. */
  exclude?: readonly BytePath[] | undefined;
}

/** What a COPY from the context reads, and its identity. */
export interface ContextSelection {
  sources: readonly Selected[];
  items: SelectionItems;
  digest: Digest;
  /** What the digest was made of; undefined where it is not known any more. */
  text: () => string | undefined;
  /** The attributes that are copied, by host path: read when somebody asks, and once. */
  xattrs: () => Promise<ReadonlyMap<BytePath, Xattrs>>;
}

/** Small JSON records of this machine: fingerprints of selections, and the texts behind content digests. */
export interface LocalRecords {
  get(kind: 'fingerprints' | 'trees', key: Digest): unknown;
  put(kind: 'fingerprints' | 'trees', key: Digest, value: unknown): void;
}

/**
 * The build context as steps read it. A selection whose stat records are all as they were is known by its
 * fingerprint alone; else the files that changed are read, and no others.
 */
export class ContextSource {
  readonly tree: ContextTree;
  readonly #records: LocalRecords;
  readonly #cachePath: string;
  /** Which directory it is, and what of it. */
  readonly identity: string;
  #cache: Promise<StatCache> | undefined;

  constructor(options: {
    directory: string;
    rules: IgnoreRules;
    ignoreText: string;
    records: LocalRecords;
    state: string;
    /** The files as they are, where absent. */
    files?: Files | undefined;
  }) {
    this.tree = new ContextTree(options.directory, options.rules, options.files);
    this.#records = options.records;
    this.#cachePath = join(options.state, 'stat', digestOf(options.directory).slice('sha256:'.length));
    this.identity = JSON.stringify([options.directory, options.ignoreText]);
  }

  async select(request: SelectionRequest): Promise<ContextSelection> {
    const observed = Date.now();
    const { sources, items } = await this.#find(request);
    const key = digestOf(`${this.identity}\0${JSON.stringify(request)}`);
    const print = await items.fingerprint(sources.map(({ path, name, entry }) => [path, name, entry.type]));
    const known = this.#records.get('fingerprints', key) as { print: string; digest: Digest } | undefined;
    if (known?.print === print) {
      const { digest } = known;
      const xattrs = once(() => readCarriedXattrs(items.treeEntries()));
      return { sources, items, digest, text: () => this.#textOf(digest), xattrs };
    }
    const { digest, text, xattrs } = await this.#digest({ sources, items }, observed);
    if (!anyRacy(items, observed)) this.#records.put('fingerprints', key, { print, digest });
    return { sources, items, digest, text: () => text, xattrs };
  }

  #textOf(digest: Digest): string | undefined {
    const text = this.#records.get('trees', digest);
    return typeof text === 'string' && digestOf(text) === digest ? text : undefined;
  }

  async #find({ patterns, parents, exclude }: SelectionRequest): Promise<Pick<ContextSelection, 'sources' | 'items'>> {
    const options = {
      parents,
      candidates: (directory: BytePath, glob: BytePath) => this.tree.candidates(directory, glob),
      hides: (path: BytePath) => this.tree.hides(path),
      treeName: 'the build context',
    };
    const sources: Selected[] = [];
    try {
      for (const pattern of patterns) sources.push(...(await selectSources(this.tree, pattern, options)));
      return { sources, items: itemsOf(this.tree, sources, { exclude: exclude && ignoreRules(exclude) }) };
    } catch (error) {
      const path = isErrno(error, 'EACCES', 'EPERM') ? error.path : undefined;
      throw refused(error, relative(fromBytePath(this.tree.directory), path ?? ''));
    }
  }

  async #digest(
    { sources, items }: Pick<ContextSelection, 'sources' | 'items'>,
    observed: number,
  ): Promise<Pick<ContextSelection, 'xattrs'> & { digest: Digest; text: string }> {
    this.#cache ??= StatCache.load(this.#cachePath);
    const cache = await this.#cache;
    const isFile = ({ entry }: SelectionItem) => entry.type === 'file';
    const digestOfItem = ({ source, path, entry }: SelectionItem) =>
      cache.get(joinBytePath((sources[source] as Selected).path, path), entry);
    const isRead = (item: SelectionItem) => isFile(item) && digestOfItem(item) === undefined;
    const xattrs = await readCarriedXattrs(items.treeEntries((item) => !isFile(item) || isRead(item)));
    const known: (Buffer | undefined)[] = [];
    for (const item of items) if (isFile(item)) known.push(digestOfItem(item));
    let file = 0;
    const read = await this.#read(items.treeEntries((item) => isFile(item) && known[file++] === undefined));
    let next = 0;
    const { digest, text } = contentDigest(this.tree, sources, items, {
      owners: false,
      xattrs,
      digestFile: (path, entry) => {
        const found = known[next++];
        if (found !== undefined) return found;
        const digest = read.next().value as Buffer;
        // A file as it was has its copy elsewhere, which is not worth being remembered.
        const isHere = entry.hostPath.startsWith(this.tree.directory);
        if (isHere && !xattrs.has(entry.hostPath)) cache.put(path, entry, digest, observed);
        return digest;
      },
    });
    await cache.save();
    this.#records.put('trees', digest, text);
    return { digest, text, xattrs: async () => xattrs };
  }

  async #read(files: Iterable<TreeEntry>): Promise<Iterator<Buffer>> {
    try {
      return await fileDigests(files);
    } catch (error) {
      const path = relative(fromBytePath(this.tree.directory), (error as NodeJS.ErrnoException).path ?? '');
      if (!isErrno(error, 'ENOENT')) throw refused(error, path);
      throw new TsbuildError('CHANGED', `${path} vanished from the build context during the build`, { cause: error });
    }
  }
}

function anyRacy(items: SelectionItems, observed: number): boolean {
  for (const entry of items.treeEntries()) if (isRacy(entry, observed)) return true;
  return false;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/** A file or directory of the context that may not be read, as the error that says so; any other error as it is. */
function refused(error: unknown, path: string): unknown {
  if (!isErrno(error, 'EACCES', 'EPERM')) return error;
  return new TsbuildError('PERMISSION', `cannot read ${path} in the build context: permission denied`, {
    cause: error,
    hint: 'make it readable for the user who builds, or exclude it in the ignore file',
  });
}
