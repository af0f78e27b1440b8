import { closeSync, openSync, readSync } from 'node:fs';
import type { BytePath } from '../base/bytepath.ts';
import type { Change } from './changes.ts';

/** Where a member of a tar lies in it: header, content and padding, in bytes from its start. */
interface Place {
  identity: string;
  start: number;
  end: number;
}

/** What stands between the fields of a note; no field has one. */
const SEPARATOR = '\0';

/**
 * What a member's bytes are made of, as long as the layers in question are on this machine: a file that is the same
 * inode has the same content, for no layer changes. Undefined where there is more to it.
 */
function identityOf({ entry, inode }: Change): string | undefined {
  const { type, mode, uid, gid, size, mtime, linkPath, devMajor, devMinor, xattrs } = entry;
  if (xattrs !== undefined || (type === 'file' && inode === undefined)) return undefined;
  return JSON.stringify([type, mode, uid, gid, size, mtime, inode, linkPath, devMajor, devMinor]);
}

/** Notes where the members of a tar are, for who packs the next version of the layer. */
export class MemberNotes {
  readonly #fields: string[] = [];

  add(change: Change, start: number, end: number): void {
    const identity = identityOf(change);
    if (identity !== undefined) this.#fields.push(change.entry.path, identity, String(start), String(end));
  }

  encode(): Buffer {
    return Buffer.from(this.#fields.join(SEPARATOR), 'latin1');
  }
}

/** The tar of a layer's earlier version, from which members that are unchanged are taken as they are. */
export class EarlierTar {
  readonly #path: string;
  readonly #places = new Map<BytePath, Place>();

  /** @param path the file of the tar; @param notes what `MemberNotes` made of it */
  constructor(path: string, notes: Buffer) {
    this.#path = path;
    const fields = notes.toString('latin1').split(SEPARATOR);
    for (let at = 0; at + 3 < fields.length; at += 4) {
      const [path, identity, start, end] = fields.slice(at, at + 4) as [BytePath, string, string, string];
      this.#places.set(path, { identity, start: Number(start), end: Number(end) });
    }
  }

  /** Where the member is that this change would become. */
  placeOf(change: Change): { start: number; end: number } | undefined {
    const place = this.#places.get(change.entry.path);
    return place !== undefined && place.identity === identityOf(change) ? place : undefined;
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
