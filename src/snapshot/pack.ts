import { closeSync, constants, openSync, readSync } from 'node:fs';
import { turn } from '../base/abortable.ts';
import { fsPath } from '../base/bytepath.ts';
import { TarWriter } from '../tar/writer.ts';
import type { Change } from './changes.ts';
import type { EarlierTar, MemberNotes } from './tar-members.ts';

/** A link or a fifo may have taken the file's place. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Large enough that a system call costs nothing beside the hashing of what it read. */
const READ_SIZE = 1024 * 1024;

/** How much is packed before other work of this process gets a turn. */
const TURN_SIZE = 16 * 1024 * 1024;

/** What a member costs beside its content, in bytes that could be packed meanwhile. */
const MEMBER_SIZE = 32 * 1024;

export interface PackOptions {
  signal?: AbortSignal | undefined;
  /** What is the same there is not read from the layer and not encoded again. */
  earlier?: EarlierTar | undefined;
  /** Told where each member lies. */
  notes?: MemberNotes | undefined;
}

/**
 * Writes a layer as a tar. `emit` is called with each chunk in order and must be done with it when it returns. A
 * file that changes its size in the meantime fails with CHANGED.
 */
export async function packLayer(
  changes: readonly Change[],
  emit: (chunk: Buffer) => void,
  { signal, earlier, notes }: PackOptions = {},
): Promise<void> {
  const writer = new TarWriter(emit);
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  let sinceTurn = 0;
  const pay = async (bytes: number) => {
    sinceTurn += bytes;
    if (sinceTurn < TURN_SIZE) return;
    sinceTurn = 0;
    await turn(signal);
  };
  const pack = async ({ entry, content }: Change) => {
    writer.header(entry);
    await pay(MEMBER_SIZE);
    if (content === undefined || entry.size === 0) return;
    if (Buffer.isBuffer(content)) {
      writer.data(content);
      await pay(content.length);
      return;
    }
    const fd = openSync(fsPath(content), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) {
        writer.data(buffer.subarray(0, read));
        await pay(read);
      }
    } finally {
      closeSync(fd);
    }
  };
  /** Copies members that lie one behind the other in the earlier tar. */
  const copy = async (tar: EarlierTar, start: number, end: number) => {
    for (const chunk of tar.read(start, end, buffer)) {
      writer.members(chunk);
      await pay(chunk.length);
    }
  };
  for (let index = 0; index < changes.length; ) {
    const first = changes[index] as Change;
    const place = earlier?.placeOf(first);
    const before = writer.position;
    if (earlier === undefined || place === undefined) {
      await pack(first);
      notes?.add(first, before, writer.position);
      index++;
      continue;
    }
    let { end } = place;
    for (let next: typeof place | undefined = place; next !== undefined; ) {
      const change = changes[index++] as Change;
      end = next.end;
      notes?.add(change, before + next.start - place.start, before + next.end - place.start);
      const following = changes[index];
      const where = following && earlier.placeOf(following);
      next = where?.start === end ? where : undefined;
    }
    await copy(earlier, place.start, end);
  }
  writer.end();
}
