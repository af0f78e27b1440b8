import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { TsbuildError } from '../base/error.ts';

/**
 * A member of the archives that images travel in (an OCI layout or `docker save` in one tar): a plain name, and
 * nothing of a file but its content. Layers are written by `TarWriter`; either is read by `readTar`.
 */
export interface ArchiveMember {
  name: string;
  type: 'file' | 'directory';
  /** Bytes of content; may be left out for a directory and where the content is one buffer. */
  size?: number | undefined;
  content?: Buffer | AsyncIterable<Buffer> | undefined;
}

/** Writes such an archive: the members in the given order, all of root, with `mtime` (seconds since the epoch). */
export async function* packArchive(
  members: Iterable<ArchiveMember> | AsyncIterable<ArchiveMember>,
  options: { mtime?: number | undefined } = {},
): AsyncGenerator<Buffer> {
  const archive = pack();
  const filled = fill(archive, members, new Date((options.mtime ?? 0) * 1000));
  filled.catch((error: Error) => archive.destroy(error));
  try {
    yield* archive as AsyncIterable<Buffer>;
    await filled;
  } finally {
    archive.destroy();
  }
}

async function fill(
  archive: Pack,
  members: Iterable<ArchiveMember> | AsyncIterable<ArchiveMember>,
  mtime: Date,
): Promise<void> {
  for await (const { name, type, size = 0, content = Buffer.alloc(0) } of members) {
    const length = Buffer.isBuffer(content) ? content.length : size;
    const common = { uid: 0, gid: 0, size: length, mtime };
    const header = type === 'file' ? { name, type, mode: 0o644, ...common } : directoryHeader(name, common);
    if (Buffer.isBuffer(content)) archive.entry(header, content);
    else await pipeline(Readable.from(exactly(length, name, content)), archive.entry(header));
  }
  archive.finalize();
}

/** A slash at the end, for readers that look at names alone. */
function directoryHeader<T>(name: string, common: T): T & { name: string; type: 'directory'; mode: number } {
  return { name: name.endsWith('/') ? name : `${name}/`, type: 'directory', mode: 0o755, ...common };
}

async function* exactly(size: number, name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let missing = size;
  for await (const chunk of content) {
    missing -= chunk.length;
    if (missing < 0) break;
    yield chunk;
  }
  if (missing !== 0) throw new TsbuildError('INTERNAL', `the content of ${name} is not the ${size} bytes announced`);
}
