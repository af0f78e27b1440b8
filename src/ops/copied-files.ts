import type { BytePath } from '../base/bytepath.ts';
import { joinBytePath, toBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import { FieldTable, FieldWriter } from '../base/field-table.ts';
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

/**
 * The files of the layer that the same COPY made last time, so that those that are unchanged become second names of
 * the same files instead of being read and written again. A layer never changes once it is made, and a container
 * copies a file up before it writes: nothing can write through such a name. All that shows is the count of links.
 */
export class CopiedFiles {
  /** The snapshot with the earlier layer, where there is one. */
  readonly after: string | undefined;
  readonly #directory: BytePath;
  /** Rows of a path and what the file is. */
  readonly #before: FieldTable;
  readonly #now = new FieldWriter();

  private constructor(after: string | undefined, directory: BytePath, before: Buffer = Buffer.alloc(0)) {
    this.after = after;
    this.#directory = directory;
    this.#before = new FieldTable(before, 2);
  }

  static of(snapshots: Snapshots, records: CopyRecords, key: Digest): CopiedFiles {
    const { snapshot } = (records.get(key) ?? {}) as { snapshot?: unknown };
    if (typeof snapshot !== 'string' || !snapshots.complete(snapshot) || !snapshots.unpacked(snapshot)) {
      return new CopiedFiles(undefined, '');
    }
    return new CopiedFiles(snapshot, toBytePath(snapshots.fs(snapshot)), snapshots.note(snapshot, 'files'));
  }

  /** What tells that a file would come out the same: its content and all attributes that it gets. */
  static identity(content: string, { mode, uid, gid, mtimeMs }: FileAttributes): string {
    return `${content} ${mode} ${uid} ${gid} ${mtimeMs}`;
  }

  /** The earlier layer's file that is what `target` is to be; undefined where there is none. */
  earlier(target: BytePath, identity: string): BytePath | undefined {
    const row = this.#before.find(target);
    return row >= 0 && this.#before.is(row, 1, identity) ? joinBytePath(this.#directory, target) : undefined;
  }

  /** Of files that are made at the same place, the last one stays. */
  made(target: BytePath, identity: string): void {
    this.#now.add(target, identity);
  }

  /** Remembers what has been made, for the next time. */
  keep(snapshots: Snapshots, records: CopyRecords, key: Digest, snapshot: string): void {
    if (this.#now.rows < WORTHWHILE) return;
    snapshots.setNote(snapshot, 'files', this.#now.encode());
    records.put(key, { snapshot });
  }
}

/**
 * The sha256 of each file of a selection by the text of its digest, in the order of its items; undefined for what is
 * no file, and for a file with attributes of its own, which are not compared.
 */
export function contentsIn(text: string, items: SelectionItems): (string | undefined)[] {
  let end = text.indexOf('\n');
  return Array.from(items, ({ entry }) => {
    end = end < 0 ? end : text.indexOf('\n', end + 1);
    return entry.type === 'file' && entry.nlink === 1 ? lastOf(text, end) : undefined;
  });
}

/** The digest that is the last field of the line that ends there; behind one there are attributes where the file has any. */
function lastOf(text: string, end: number): string | undefined {
  const start = end - DIGEST_END.length - HEX_DIGITS;
  return text.startsWith(DIGEST_END, end - DIGEST_END.length) && text[start - 1] === '"'
    ? text.slice(start, start + HEX_DIGITS)
    : undefined;
}

/** In a line of the text that `contentDigest` makes. */
const DIGEST_END = '"]';
const HEX_DIGITS = 64;
