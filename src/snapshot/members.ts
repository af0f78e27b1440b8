import { closeSync, constants, openSync, readSync } from 'node:fs';
import { fsPath } from '../base/bytepath.ts';
import { TarWriter } from '../tar/writer.ts';
import type { Task } from '../threads/task.ts';
import type { Change } from './changes.ts';

/** A link or a fifo may have taken the file's place. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Large enough that a system call costs nothing beside the hashing of what it read. */
const READ_SIZE = 1024 * 1024;

const buffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** Members to be encoded, and memory for them, which is used again by whoever has been through with what is in it. */
export interface MembersPart {
  changes: readonly Change[];
  room: SharedArrayBuffer;
}

/** Members of a tar one behind the other, padding included, and where each of them ends. */
export interface EncodedMembers {
  /** The room that was given, or a larger one where that was too small. */
  room: SharedArrayBuffer;
  ends: readonly number[];
}

/** Members whose content is not large: all of it is in memory. */
export const ENCODE_MEMBERS: Task<MembersPart, EncodedMembers> = { name: 'encode members', run: encodeMembers };

function encodeMembers({ changes, room }: MembersPart): EncodedMembers {
  let bytes = new Uint8Array(room);
  let used = 0;
  const writer = new TarWriter((chunk) => {
    if (used + chunk.length > bytes.length) bytes = enlarged(bytes, used + chunk.length);
    bytes.set(chunk, used);
    used += chunk.length;
  });
  const ends = changes.map((change) => {
    writer.header(change.entry);
    for (const chunk of contentOf(change)) writer.data(chunk);
    return writer.position;
  });
  writer.flush();
  return { room: bytes.buffer, ends };
}

function enlarged(bytes: Uint8Array, size: number): Uint8Array<SharedArrayBuffer> {
  const larger = new Uint8Array(new SharedArrayBuffer(2 * size));
  larger.set(bytes);
  return larger;
}

/** The content of a member, part by part. Each part is only good until the next one, of this member or another. */
export function* contentOf({ entry: { size }, content }: Change): Generator<Buffer> {
  if (content === undefined || size === 0) return;
  if (Buffer.isBuffer(content)) {
    yield content;
    return;
  }
  const fd = openSync(fsPath(content), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    let left = size;
    for (let read = readSync(fd, buffer); read > 0; read = left === 0 && read < READ_SIZE ? 0 : readSync(fd, buffer)) {
      left -= read;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(fd);
  }
}
