import { closeSync, openSync, readSync } from 'node:fs';
import { turn } from '../base/abortable.ts';
import { fsPath } from '../base/bytepath.ts';
import { TarWriter } from '../tar/writer.ts';
import type { Change } from './changes.ts';

/** Large enough that a system call costs nothing beside the hashing of what it read. */
const READ_SIZE = 1024 * 1024;

/** How much is packed before other work of this process gets a turn. */
const TURN_SIZE = 16 * 1024 * 1024;

/** What a member costs beside its content, in bytes that could be packed meanwhile. */
const MEMBER_SIZE = 32 * 1024;

/**
 * Writes a layer as a tar. `emit` is called with each chunk in order and must be done with it when it returns. A
 * file that changes its size in the meantime fails with CHANGED.
 */
export async function packLayer(
  changes: readonly Change[],
  emit: (chunk: Buffer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const writer = new TarWriter(emit);
  const buffer = Buffer.allocUnsafe(READ_SIZE);
  let sinceTurn = 0;
  const pay = async (bytes: number) => {
    sinceTurn += bytes;
    if (sinceTurn < TURN_SIZE) return;
    sinceTurn = 0;
    await turn(signal);
  };
  for (const { entry, content } of changes) {
    writer.header(entry);
    await pay(MEMBER_SIZE);
    if (content === undefined || entry.size === 0) continue;
    const fd = openSync(fsPath(content), 'r');
    try {
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) {
        writer.data(buffer.subarray(0, read));
        await pay(read);
      }
    } finally {
      closeSync(fd);
    }
  }
  writer.end();
}
