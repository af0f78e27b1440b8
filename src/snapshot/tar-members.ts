import { closeSync, openSync, readSync } from 'node:fs';
import { FieldTable, FieldWriter } from '../base/field-table.ts';
import type { Change } from './changes.ts';

/**
 * What a member's bytes are made of, as long as the layers in question are on this machine: a file that is the same
 * inode has the same content, for no layer changes. Undefined where there is more to it.
 */
function identityOf({ entry, inode }: Change): string | undefined {
  const { type, mode, uid, gid, size, mtime, linkPath, devMajor, devMinor, xattrs } = entry;
  if (xattrs !== undefined || (type === 'file' && inode === undefined)) return undefined;
  return `${type} ${mode} ${uid} ${gid} ${size} ${mtime} ${inode} ${devMajor} ${devMinor} ${linkPath}`;
}

/** Notes where the members of a tar are, for who packs the next version of the layer. */
export class MemberNotes {
  /** Rows of a path, what the member is, and where it begins and ends: header, content and padding, in bytes. */
  readonly #rows = new FieldWriter();

  /** How many members are noted. */
  get count(): number {
    return this.#rows.rows;
  }

  add(change: Change, start: number, end: number): void {
    const identity = identityOf(change);
    if (identity !== undefined) this.#rows.add(change.entry.path, identity, String(start), String(end));
  }

  encode(): Buffer {
    return this.#rows.encode();
  }
}

/** The tar of a layer's earlier version, from which members that are unchanged are taken as they are. */
export class EarlierTar {
  readonly #path: string;
  readonly #members: FieldTable;

  /** @param path the file of the tar; @param notes what `MemberNotes` made of it */
  constructor(path: string, notes: Buffer) {
    this.#path = path;
    this.#members = new FieldTable(notes, 4);
  }

  /** Where the member is that this change would become. */
  placeOf(change: Change): { start: number; end: number } | undefined {
    const row = this.#members.find(change.entry.path);
    const identity = identityOf(change);
    if (row < 0 || identity === undefined || !this.#members.is(row, 1, identity)) return undefined;
    return { start: Number(this.#members.field(row, 2)), end: Number(this.#members.field(row, 3)) };
  }

  /** Reads a range into `buffer`, part by part. Each part is only good until the next. */
  *read(start: number, end: number, buffer: Buffer): Generator<Buffer> {
    const fd = openSync(this.#path, 'r');
    try {
      for (let at = start; at < end; ) {
        const read = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
        if (read === 0) throw new RangeError(`${this.#path} ends at ${at}, before ${end}`);
        yield buffer.subarray(0, read);
        at += read;
      }
    } finally {
      closeSync(fd);
    }
  }
}
