import type { BytePath } from '../base/bytepath.ts';
import { joinBytePath, toBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import type { SelectionItems } from '../context/selection-items.ts';
import type { FileAttributes } from '../snapshot/attributes.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** Where it is remembered which layer a COPY made last. */
export interface CopyRecords {
  get(key: Digest): unknown;
  put(key: Digest, value: { snapshot: string }): void;
}

/** Fewer files are written about as fast as they are compared. */
const WORTHWHILE = 64;
/** What is remembered of more would take more memory than it is worth. */
const MOST = 250_000;

/**
 * The files of the layer that the same COPY made last time, so that those that are unchanged become second names of
 * the same files instead of being read and written again. A layer never changes once it is made, and a container
 * copies a file up before it writes: nothing can write through such a name. All that shows is the count of links.
 */
export class CopiedFiles {
  /** The snapshot with the earlier layer, where there is one. */
  readonly after: string | undefined;
  readonly #directory: BytePath;
  readonly #before: ReadonlyMap<BytePath, string>;
  readonly #now = new Map<BytePath, string>();

  private constructor(after: string | undefined, directory: BytePath, before: ReadonlyMap<BytePath, string>) {
    this.after = after;
    this.#directory = directory;
    this.#before = before;
  }

  static of(snapshots: Snapshots, records: CopyRecords, key: Digest): CopiedFiles {
    const { snapshot } = (records.get(key) ?? {}) as { snapshot?: unknown };
    if (typeof snapshot !== 'string' || !snapshots.complete(snapshot) || !snapshots.unpacked(snapshot)) {
      return new CopiedFiles(undefined, '', new Map());
    }
    return new CopiedFiles(snapshot, toBytePath(snapshots.fs(snapshot)), decode(snapshots.note(snapshot, 'files')));
  }

  /** What tells that a file would come out the same: its content and all attributes that it gets. */
  static identity(content: string, { mode, uid, gid, mtimeMs }: FileAttributes): string {
    return `${content} ${mode} ${uid} ${gid} ${mtimeMs}`;
  }

  /** The earlier layer's file that is what `target` is to be; undefined where there is none. */
  earlier(target: BytePath, identity: string): BytePath | undefined {
    return this.#before.get(target) === identity ? joinBytePath(this.#directory, target) : undefined;
  }

  made(target: BytePath, identity: string): void {
    this.#now.set(target, identity);
  }

  /** Remembers what has been made, for the next time. */
  keep(snapshots: Snapshots, records: CopyRecords, key: Digest, snapshot: string): void {
    if (this.#now.size < WORTHWHILE || this.#now.size > MOST) return;
    snapshots.setNote(snapshot, 'files', encode(this.#now));
    records.put(key, { snapshot });
  }
}

/** No name and no identity has a NUL in it. */
function encode(files: ReadonlyMap<BytePath, string>): Buffer {
  return Buffer.from([...files].flat().join('\0'), 'latin1');
}

function decode(file: Buffer | undefined): Map<BytePath, string> {
  const parts = file?.toString('latin1').split('\0') ?? [];
  const files = new Map<BytePath, string>();
  for (let index = 0; index + 1 < parts.length; index += 2)
    files.set(parts[index] as string, parts[index + 1] as string);
  return files;
}

/**
 * The sha256 of each file of a selection by the text of its digest, in the order of its items; undefined for what is
 * no file, and for a file with attributes of its own, which are not compared.
 */
export function contentsIn(text: string, items: SelectionItems): (string | undefined)[] {
  const lines = text.split('\n');
  let line = 0;
  return Array.from(items, ({ entry }) => {
    line++;
    if (entry.type !== 'file' || entry.nlink > 1) return undefined;
    const fields = JSON.parse(lines[line] ?? '[]') as unknown[];
    const content = fields[CONTENT_FIELD];
    return fields.length === CONTENT_FIELD + 1 && typeof content === 'string' ? content : undefined;
  });
}

/** In a line of the text that `contentDigest` makes. */
const CONTENT_FIELD = 6;
